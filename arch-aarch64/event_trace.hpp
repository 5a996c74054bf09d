// SPDX-License-Identifier: BSD-2-Clause
// The debug kernel's trace of its entries and exits: abi/kernel_trace.hpp. The release kernel has nothing of it.
#pragma once

#include "abi/kernel_trace.hpp"
#include "base/config.hpp"
#include "object/thread.hpp"

namespace selene::event_trace {

/// Where events go, at its address in the window; null if the boot stage had no room. It writes this before it enters the
/// kernel (KernelHeader::trace), and nothing does later.
extern "C" abi::KernelTrace* selene_trace;

/// Whether somebody listens.
[[nodiscard]] bool is_recording();
/// One event, if somebody does.
void record(abi::KernelEventKind kind, unsigned number, const Thread* thread, uint64_t detail);

/// An interrupt has come while `thread` ran.
inline void enter_by_interrupt(const Thread& thread) {
    if constexpr (config::debug) record(abi::KernelEventKind::interrupt, 0, &thread, 0);
}
/// `thread` goes on where vectors.S does not see that.
inline void leave(const Thread& thread) {
    if constexpr (config::debug) record(abi::KernelEventKind::leave, 0, &thread, 0);
}

}  // namespace selene::event_trace
