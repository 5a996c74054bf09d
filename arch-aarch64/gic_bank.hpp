// SPDX-License-Identifier: BSD-2-Clause
// The registers that GICv2 and GICv3 have in common: state, priority and trigger of interrupt lines.
#pragma once

#include "abi/types.hpp"
#include "base/field.hpp"
#include "register_block.hpp"

namespace selene {

/// Arm Generic Interrupt Controller Architecture Specification, "Distributor register map". On a GICv3 the
/// lines of one core, 0 to 31, are at the same offsets in the second frame of its redistributor
/// ("Redistributor register map", SGI_base).
enum class GicRegister : uint32_t {
    control = 0x0000,
    type = 0x0004,
    group = 0x0080,
    enable = 0x0100,
    disable = 0x0180,
    clear_pending = 0x0280,
    clear_active = 0x0380,
    priority = 0x0400,
    target = 0x0800,  ///< GICv2: a byte a line, a bit a core
    configuration = 0x0c00,
    software_interrupt = 0x0f00,        ///< GICv2
    clear_software_interrupt = 0x0f10,  ///< GICv2: a byte a line, a bit for each core that may have raised it
    route = 0x6000,                     ///< GICv3: 64 bits a line, the affinity of a core
};

/// Lines 0 to 31 belong to one core each (0 to 15 are raised by software), the others to all.
inline constexpr unsigned gic_private_lines = 32;
/// Numbers from here on are not lines; the last says that no interrupt waits.
inline constexpr unsigned gic_special_lines = 1020;
inline constexpr unsigned gic_last_special_line = 1023;
/// Of what an interface says when it is asked which interrupt waits, the line. Above it, on a GICv2 and for a line that
/// software has raised, is the number of the core that has raised it.
using GicLine = Field<9, 0>;
constexpr bool gic_is_special(uint32_t interrupt) {
    return interrupt - gic_special_lines <= gic_last_special_line - gic_special_lines;
}

/// A distributor, or the part of a redistributor that looks like one.
class GicBank : public RegisterBlock<GicRegister> {
public:
    using RegisterBlock::RegisterBlock;

    /// How many lines the distributor has: a multiple of 32, special numbers included.
    [[nodiscard]] unsigned lines() const;
    /// Bring lines `first` to `end` - 1, both multiples of 32, to a known state: masked, not pending, not
    /// active, all of one priority.
    void quiet(unsigned first, unsigned end) const;

    void mask(unsigned line) const { write(GicRegister::disable, line / 32, 1u << line % 32); }
    void unmask(unsigned line) const { write(GicRegister::enable, line / 32, 1u << line % 32); }
    /// It is not pending any more. On a GICv2 software's lines have a register of their own.
    void forget(unsigned line) const { write(GicRegister::clear_pending, line / 32, 1u << line % 32); }
    [[nodiscard]] bool unmasked(unsigned line) const {
        return (read(GicRegister::enable, line / 32) >> line % 32 & 1) != 0;
    }
    /// The line is masked.
    void configure(unsigned line, abi::Trigger trigger) const;
};

}  // namespace selene
