// SPDX-License-Identifier: BSD-2-Clause
// Typed access to system registers, and the barriers that order them.
#pragma once

#include <cstdint>

/// Opens the definition of a register, whose body names its fields:
///
///     SELENE_SYSTEM_REGISTER(InterruptStatus, "isr_el1") { using Irq = Field<7, 7>; };
///     InterruptStatus::Irq::of(InterruptStatus::read())
///
/// A macro, because the name of a register is part of an instruction.
#define SELENE_SYSTEM_REGISTER(Name, spelling)                                \
    struct Name##Access {                                                     \
        [[nodiscard, gnu::always_inline]] static uint64_t read() {            \
            uint64_t value;                                                   \
            asm volatile("mrs %0, " spelling : "=r"(value));                  \
            return value;                                                     \
        }                                                                     \
        [[gnu::always_inline]] static void write(uint64_t value) {            \
            asm volatile("msr " spelling ", %x0" : : "rZ"(value) : "memory"); \
        }                                                                     \
    };                                                                        \
    struct Name : Name##Access

namespace selene {

/// What was written to system registers counts for the instructions that follow.
[[gnu::always_inline]] inline void instruction_barrier() { asm volatile("isb" : : : "memory"); }

/// All accesses before are complete before anything after goes on.
[[gnu::always_inline]] inline void data_barrier() { asm volatile("dsb sy" : : : "memory"); }

}  // namespace selene
