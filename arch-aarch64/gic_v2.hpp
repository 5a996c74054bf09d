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
    /// What the core's ring is, for others.
    [[nodiscard]] uint64_t start_core() const;

    /// The registers of a line; those of private lines are this core's.
    [[nodiscard]] GicBank bank(unsigned) const { return distributor_; }

    /// A line, its priority dropped, or a special number.
    [[nodiscard]] unsigned acknowledge() const {
        const uint32_t line = interface_.read(GicV2InterfaceRegister::acknowledge);
        if (line < gic_special_lines) [[likely]] {
            interface_.write(GicV2InterfaceRegister::end, line);
            return line;
        }
        return acknowledge_foreign(line);
    }
    void deactivate(unsigned line) const { interface_.write(GicV2InterfaceRegister::deactivate, line); }

    void ring(uint64_t core) const { distributor_.write(GicRegister::software_interrupt, static_cast<uint32_t>(core)); }
    /// By the line alone, while `deactivate` would have to name the core that rang.
    void deactivate_private(unsigned line) const { distributor_.write(GicRegister::clear_active, 0, 1u << line); }

private:
    /// Above the number of a software interrupt's line is that of the core that has raised it.
    [[nodiscard]] unsigned acknowledge_foreign(uint32_t value) const;

    GicBank distributor_;
    RegisterBlock<GicV2InterfaceRegister> interface_;
};

}  // namespace selene
