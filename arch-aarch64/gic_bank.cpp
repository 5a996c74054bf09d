// SPDX-License-Identifier: BSD-2-Clause
// The registers that GICv2 and GICv3 have in common.
#include "gic_bank.hpp"

#include "base/field.hpp"

#pragma clang section text = ".boot_text"

namespace selene {
namespace {

/// GICD_TYPER, Interrupt Controller Type Register.
using BlocksOf32Lines = Field<4, 0>;  ///< besides the first

constexpr uint32_t all = 0xffff'ffff;
/// The middle of what a core without secure state can express; every line has it, so none preempts another.
constexpr uint32_t equal_priorities = 0xa0a0'a0a0;

}  // namespace

unsigned GicBank::lines() const {
    return (static_cast<unsigned>(BlocksOf32Lines::of(read(GicRegister::type))) + 1) * 32;
}

void GicBank::quiet(unsigned first, unsigned end) const {
    for (unsigned word = first / 32; word < end / 32; word++) {
        write(GicRegister::disable, word, all);
        write(GicRegister::clear_pending, word, all);
        write(GicRegister::clear_active, word, all);
    }
    for (unsigned word = first / 4; word < end / 4; word++) write(GicRegister::priority, word, equal_priorities);
}

#pragma clang section text = ""

void GicBank::configure(unsigned line, abi::Trigger trigger) const {
    // Two bits a line: the upper one says edge, the lower one is reserved.
    const uint32_t edge = 2u << line % 16 * 2;
    const uint32_t others = read(GicRegister::configuration, line / 16) & ~edge;
    write(GicRegister::configuration, line / 16, others | (trigger == abi::Trigger::edge ? edge : 0));
}

}  // namespace selene
