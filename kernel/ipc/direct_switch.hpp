// SPDX-License-Identifier: BSD-2-Clause
// Direct switches: the common cases of system calls, faults and interrupts in which one thread takes over from another.
#pragma once

#include "abi/types.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "scheduling/core.hpp"

namespace selene::direct {

// What ipc/ipc.hpp and the scheduler do in general these do at once, without a choice among the ready threads, when
//   - whoever is woken, called or told of a fault is the only one in its queue, not stopped, and not unfinished, and has
//     time on this core; and nobody waits where somebody begins to wait, nor is there anything for it yet;
//   - no ready thread outranks who takes over, who has a space with a hardware tag and, if it does not go on with the
//     context of who goes, one that is at hand (SchedContext::ready_simply, at least the least budget);
//   - messages carry no capabilities, none could be received, and long ones have a buffer on either side.
// The state is then what the general way would have left, but that a context that is only lent is not charged yet, and
// that a call, an answer or a fault passes by those who are ready at the same priority, as on the hot path.
// Each returns the thread that goes on, or null: it is no such case, and nothing has happened. Of capabilities that are
// not named here the hot path has checked type and rights.

/// The current thread signals, or is interrupted by who does. Somebody waits for it, or the thread that is bound to it
/// waits to receive, with time of its own.
[[nodiscard]] Thread* signal(Core& core, Notification& notification, uint64_t bits) SELENE_REQUIRES(own_core);
/// An interrupt signals while no thread is current; whether who alone waits for it is ready now.
[[nodiscard]] bool signal_idle(Core& core, Notification& notification, uint64_t bits) SELENE_REQUIRES(own_core);
/// `thread`, the current one as everywhere below, waits; a ready one goes on.
[[nodiscard]] Thread* wait(Core& core, Thread& thread, Notification& notification) SELENE_REQUIRES(own_core);
/// It calls a server with time of its own. The hot path has seen that the message is in registers and that no passive
/// receiver waits.
[[nodiscard]] Thread* call(Core& core, Thread& thread, Endpoint& endpoint, uint64_t badge) SELENE_REQUIRES(own_core);
/// It holds `reply`, answers a caller that has kept its time, or one that has faulted and is to go on (a tag of 0), and
/// receives; without time of its own, one that has faulted and lent it some. The hot path has seen that the message is in
/// registers, that a caller waits for an answer, and that neither a passive receiver, nor a donor, nor a bit of the bound
/// notification is there.
[[nodiscard]] Thread* reply_receive(Core& core, Thread& thread, Endpoint& endpoint, Reply& reply)
    SELENE_REQUIRES(own_core);
/// send, receive and yield; x0 to x10 are in thread.registers, and the capabilities are yet to be found, in a flat table.
///   - send: a receiver waits, of one kind alone, with a Reply and time of its own or without a Reply;
///   - receive: it has time of its own, and the Reply that it has held before, in which nobody waits, or has held none and
///     names none; its bound notification has no bits;
///   - yield: an equal is ready.
[[nodiscard]] Thread* perform(Core& core, Thread& thread, abi::SystemCall number) SELENE_REQUIRES(own_core);
/// It has faulted: see ipc::raise_fault. Its task has a fault endpoint; a passive handler, who comes before others, makes
/// no chain of loans longer than abi::call_depth.
[[nodiscard]] Thread* raise_fault(Core& core, Thread& thread, abi::FaultKind kind) SELENE_REQUIRES(own_core);

}  // namespace selene::direct
