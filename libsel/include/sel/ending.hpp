// SPDX-License-Identifier: BSD-2-Clause
// How a component ends: with a system call that no kernel has, so that its fault handler learns of it and how.
#pragma once

#include <cstdint>

namespace sel {

// Ending needs no capability. The number of the last system call says how it was; the kernel stops the thread and
// sends the fault `unknown_system_call` with this number to the fault endpoint of the component's task. Without a
// fault endpoint the thread just stays stopped.
/// Example: an end that no handler can mistake for a fault.
///
///     [[noreturn]] void give_up() { sel::end<sel::Ending::aborted>(); }
enum class Ending : uint16_t {
    finished = 0xff00,  // main returned zero, or exit(0)
    failed = 0xff01,    // main returned another number
    aborted = 0xff02,   // abort, a failed assertion, or an error that nobody handled
};

// Stops the calling thread for ever, without exit handlers: programs call std::exit instead.
template <Ending ending>
[[noreturn, gnu::always_inline]] inline void end() {
    // A fault handler that resumes an ended thread gets the same fault again.
    for (;;) {
#if defined(__aarch64__)
        asm volatile("svc %[number]" : : [number] "i"(static_cast<unsigned>(ending)) : "memory");
#else
        __builtin_trap();
#endif
    }
}

}  // namespace sel
