// SPDX-License-Identifier: BSD-2-Clause
// What hot switches ask of AArch64, while user code's registers are all in place. Part of ipc/hot_switch.hpp: include that.
#pragma once

#include "exception_level.hpp"
#include "machine.hpp"

namespace selene::machine {

// While user code and the hot path run, the stack pointer is the current thread.
register uint64_t stack_pointer asm("sp");

[[gnu::always_inline]] inline Thread* calling_thread() { return reinterpret_cast<Thread*>(stack_pointer); }

/// Read without `volatile`, unlike CoreWord::read: the compiler may place it well.
[[gnu::always_inline]] inline uint32_t calling_core_word() {
    uint64_t value;
    asm("mrs %0, " AT_LEVEL_TEXT(tpidr) : "=r"(value));
    return static_cast<uint32_t>(value);
}

inline constexpr uint64_t address_top = window_base & ~PointerField<void>::mask;

/// Without a stack, and eight at a time.
[[gnu::always_inline]] inline void copy_words(const uint64_t* from, uint64_t* to, uint64_t count) {
    uint64_t a;
    uint64_t b;
    uint64_t c;
    uint64_t d;
    asm volatile(
        "subs %[left], %[left], #8\n\t"
        "b.lo 2f\n"
        "1:\tldp %[a], %[b], [%[source]], #16\n\t"
        "ldp %[c], %[d], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n\t"
        "stp %[c], %[d], [%[target]], #16\n\t"
        "ldp %[a], %[b], [%[source]], #16\n\t"
        "ldp %[c], %[d], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n\t"
        "stp %[c], %[d], [%[target]], #16\n\t"
        "subs %[left], %[left], #8\n\t"
        "b.hs 1b\n"
        "2:\ttbz %[left], #2, 3f\n\t"  // eight less than are left: the same in the lowest three bits
        "ldp %[a], %[b], [%[source]], #16\n\t"
        "ldp %[c], %[d], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n\t"
        "stp %[c], %[d], [%[target]], #16\n"
        "3:\ttbz %[left], #1, 4f\n\t"
        "ldp %[a], %[b], [%[source]], #16\n\t"
        "stp %[a], %[b], [%[target]], #16\n"
        "4:\ttbz %[left], #0, 5f\n\t"
        "ldr %[a], [%[source]]\n\t"
        "str %[a], [%[target]]\n"
        "5:"
        : [left] "+r"(count), [source] "+r"(from), [target] "+r"(to), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),
          [d] "=&r"(d)
        :
        : "cc", "memory");
}

}  // namespace selene::machine
