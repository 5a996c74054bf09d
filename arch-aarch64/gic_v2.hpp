// SPDX-License-Identifier: BSD-2-Clause
// GICv2: one distributor, and for each core an interface at one and the same address.
#pragma once

#include "gic_bank.hpp"

namespace selene {

/// Arm Generic Interrupt Controller Architecture Specification v2.0, "CPU interface register map".
enum class GicV2InterfaceRegister : uint32_t {
    control = 0x0000,
    priority_mask = 0x0004,
    acknowledge = 0x000c,
    end = 0x0010,
    deactivate = 0x1000,
};

class GicV2 {
public:
    constexpr GicV2() = default;
    GicV2(uintptr_t distributor, uintptr_t interface) : distributor_(distributor), interface_(interface) {}

    void start_distributor() const;
    /// What names the core to who raises a line there.
    [[nodiscard]] uint64_t start_core() const;

    /// The registers of a line; those of private lines are this core's.
    [[nodiscard]] GicBank bank(unsigned) const { return distributor_; }

    /// An interrupt, its priority dropped, or a special number.
    [[nodiscard]] uint32_t acknowledge() const {
        const uint32_t interrupt = interface_.read(GicV2InterfaceRegister::acknowledge);
        if (!gic_is_special(interrupt)) [[likely]]
            interface_.write(GicV2InterfaceRegister::end, interrupt);
        return interrupt;
    }
    void deactivate(uint32_t interrupt) const { interface_.write(GicV2InterfaceRegister::deactivate, interrupt); }

    /// `core` as start_core has said.
    void raise(uint64_t core, unsigned line) const {
        distributor_.write(GicRegister::software_interrupt, static_cast<uint32_t>(core | line));
    }

    void forget(unsigned line) const;

private:
    GicBank distributor_;
    RegisterBlock<GicV2InterfaceRegister> interface_;
};

}  // namespace selene
