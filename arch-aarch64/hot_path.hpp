// SPDX-License-Identifier: BSD-2-Clause
// The hot path: call, reply_receive, signal, wait, poll and yield in their exact common case; and the long path. What that
// case is: ipc/hot_switch.hpp.
#pragma once

#include "object/thread.hpp"

// The vectors branch here with sp = the calling thread, and everything else as user code has left it. There is no
// stack: none may spill, and -Wframe-larger-than=0 makes that an error. What they decline goes on with nothing changed:
// to the functions of syscall/system_call.hpp, with what has been found.

/// Arguments in the order in which clang's preserve_none convention assigns x20 to x28, x0 to x7, x10 to x14, x9: so
/// all registers stay where they are.
#define SELENE_HOT_PARAMETERS                                                                                       \
    uint64_t x20, uint64_t x21, uint64_t x22, uint64_t x23, uint64_t x24, uint64_t x25, uint64_t x26, uint64_t x27, \
        uint64_t x28, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6,    \
        uint64_t x7, uint64_t x10, [[maybe_unused]] uint64_t x11, uint64_t /*x12*/, uint64_t /*x13*/,               \
        uint64_t /*x14*/, uint64_t x9

extern "C" {
[[clang::preserve_none]] void selene_hot_call(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_hot_reply_receive(SELENE_HOT_PARAMETERS);

[[clang::preserve_none]] void selene_hot_signal(SELENE_HOT_PARAMETERS);
/// Wait and poll; x11 is the number of the system call.
[[clang::preserve_none]] void selene_hot_take(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_hot_yield(SELENE_HOT_PARAMETERS);

/// long_path.cpp: what the hot path declines of these may have a long message, or floating-point registers to switch.
[[clang::preserve_none]] void selene_long_call(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_long_reply_receive(SELENE_HOT_PARAMETERS);

// vectors.S: on to the functions in syscall/system_call.hpp.

/// A method of what the slot x11 holds, with x12 as its word 0.
[[clang::preserve_none]] void selene_call_slot(SELENE_HOT_PARAMETERS);
/// With the endpoint x11 and the badge x13.
[[clang::preserve_none]] void selene_found_call(SELENE_HOT_PARAMETERS);
/// With the endpoint x11 and the Reply x13.
[[clang::preserve_none]] void selene_found_reply_receive(SELENE_HOT_PARAMETERS);
/// With the notification x11 and the bits x13.
[[clang::preserve_none]] void selene_found_signal(SELENE_HOT_PARAMETERS);
/// With the notification x11.
[[clang::preserve_none]] void selene_found_wait(SELENE_HOT_PARAMETERS);
/// With nothing found; x11 is the number as for selene_hot_take.
[[clang::preserve_none]] void selene_slow_signal(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_slow_take(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_slow_yield(SELENE_HOT_PARAMETERS);
/// The same from the long path: x19 to x30, sp and pc are in the thread.
[[clang::preserve_none]] void selene_saved_call(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_saved_reply_receive(SELENE_HOT_PARAMETERS);
}
