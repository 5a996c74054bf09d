// SPDX-License-Identifier: BSD-2-Clause
// The hot path: call, reply_receive, signal, wait and poll in their exact common case.
#pragma once

#include "object/thread.hpp"

// The vectors branch here with sp = the calling thread, and everything else as user code has left it. There is no
// stack: neither may spill, and -Wframe-larger-than=0 makes that an error. What they decline goes to the slow path with
// nothing changed.
//
// Both take what ipc/ipc.hpp does in general, when
//   - the message has at most 8 words and no capability items, and the tag no bit of the kernel's;
//   - the caller's table is flat;
//   - the partner runs on this core, no ready thread outranks it (Thread::summary against the core word, in one
//     comparison);
//   - the partner's space has a hardware tag;
//   - nobody's floating-point registers are switched on (the core word says so).
// call, besides, when
//   - the capability is to an endpoint, with the rights write and reply;
//   - a passive receiver with a Reply waits there, alone, and is not stopped.
// reply_receive, besides, when
//   - the capability is to an endpoint, with the right read;
//   - the Reply is the one that the server holds, named with all rights of a new one;
//   - nobody waits on the endpoint in the two queues that a passive server could meet;
//   - the server is passive: it runs on what this caller has lent (the caller's state says so), and the caller is not
//     stopped and has not faulted;
//   - the notification bound to the server, if any, has no bits.
//
// signal, wait and poll, when they switch to nobody, save nothing either; the caller's table is flat, and
//   - signal: the capability is to a notification, with the right write; nobody waits there and no thread is bound to it;
//   - wait, poll: the capability is to a notification, with the right read; a bit is set.

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

/// vectors.S: take what the hot path declines. x11 is the slot for selene_call_slot.
[[clang::preserve_none]] void selene_call_slot(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_slow_call(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_slow_reply_receive(SELENE_HOT_PARAMETERS);
[[clang::preserve_none]] void selene_slow_notification(SELENE_HOT_PARAMETERS);  // x11 as for selene_hot_take
}
