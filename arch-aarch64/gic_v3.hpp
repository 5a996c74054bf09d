// SPDX-License-Identifier: BSD-2-Clause
// GICv3: a distributor, a redistributor for each core, and the core's interface in system registers.
#pragma once

#include "base/field.hpp"
#include "gic_bank.hpp"
#include "system_register.hpp"

namespace selene {

// Arm Generic Interrupt Controller Architecture Specification, GICv3 and GICv4, "AArch64 System register
// descriptions".
SELENE_SYSTEM_REGISTER(GicAcknowledge, "icc_iar1_el1"){};
SELENE_SYSTEM_REGISTER(GicEnd, "icc_eoir1_el1"){};
SELENE_SYSTEM_REGISTER(GicDeactivate, "icc_dir_el1"){};
SELENE_SYSTEM_REGISTER(GicSoftwareInterrupt, "icc_sgi1r_el1") {
    using Targets =
        Field<15, 0>;  ///< a bit for each of 16 cores: the lowest part of their numbers, from 16 times Range
    using Affinity1 = Field<23, 16>;
    using Line = Field<27, 24>;
    using Affinity2 = Field<39, 32>;
    using Range = Field<47, 44>;
    using Affinity3 = Field<55, 48>;
};

class GicV3 {
public:
    constexpr GicV3() = default;
    GicV3(uintptr_t distributor, uintptr_t redistributors, uint64_t redistributors_size)
        : distributor_(distributor), redistributors_(redistributors), redistributors_size_(redistributors_size) {}

    void start_distributor() const;
    /// What names the core to who raises a line there.
    [[nodiscard]] uint64_t start_core() const;

    /// The registers of a line; those of private lines are this core's.
    [[nodiscard]] GicBank bank(unsigned line) const {
        return line < gic_private_lines ? GicBank(own_redistributor() + private_frame) : distributor_;
    }

    /// An interrupt, its priority dropped, or a special number.
    [[nodiscard]] uint32_t acknowledge() const {
        const auto interrupt = static_cast<uint32_t>(GicAcknowledge::read());
        data_barrier();  // the distributor may not know that the line is active before ("Physical CPU
                         // interface")
        if (!gic_is_special(interrupt)) [[likely]]
            GicEnd::write(interrupt);
        return interrupt;
    }
    void deactivate(uint32_t interrupt) const { GicDeactivate::write(interrupt); }

    /// `core` as start_core has said.
    void raise(uint64_t core, unsigned line) const {
        GicSoftwareInterrupt::write(core | GicSoftwareInterrupt::Line::make(line));
        instruction_barrier();
    }

private:
    /// Offset of a redistributor's second frame, which holds the core's private lines.
    static constexpr uintptr_t private_frame = 0x10000;

    [[nodiscard]] uintptr_t own_redistributor() const;

    GicBank distributor_;
    uintptr_t redistributors_ = 0;
    uint64_t redistributors_size_ = 0;
};

}  // namespace selene
