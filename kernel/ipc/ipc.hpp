// SPDX-License-Identifier: BSD-2-Clause
// The rendezvous of threads: every case. Hot switches (hot_switch.hpp) and direct switches (direct_switch.hpp) do the common
// ones on the same data.
#pragma once

#include "base/result.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "scheduling/core.hpp"
#include "syscall/preemption.hpp"

namespace selene::ipc {

/// Whether an operation may wait for a partner.
enum class Patience : uint8_t { wait, refuse };

/// An endpoint capability's own part of an operation.
struct Through {
    Endpoint& endpoint;
    uint64_t badge;
    Rights rights;
};

// Each of these either refuses without effect, or delivers a result to the current thread, or blocks it;
// core.reschedule is set where another may have to run.

/// Send the caller's message and lend it a Reply: x0 to x9 of core.current hold the message.
[[nodiscard]] Result<void> call(Core& core, Through through) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock);
/// Send without wanting an answer.
[[nodiscard]] Result<void> send(Core& core, Through through, Patience patience) SELENE_REQUIRES(own_core)
    SELENE_EXCLUDES(tree_lock);
/// Answer the caller that waits in `reply`, if there is one, with the current thread's message.
[[nodiscard]] Result<void> answer(Core& core, Reply& reply) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock);
/// What makes a receive impossible, so that reply_receive finds out before it answers.
[[nodiscard]] Result<void> check_receive(Core& core, Reply* reply, const Thread* answered) SELENE_REQUIRES(own_core);
/// Receive; `reply` takes a caller, null if calls are not wanted.
[[nodiscard]] Result<void> receive(Core& core, Through through, Reply* reply, Patience patience)
    SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock);

/// Set bits in a notification.
void signal(Core& core, Notification& notification, uint64_t bits) SELENE_REQUIRES(own_core);
/// End the receive of the bound thread with the bits that are set, if it receives and can use them.
void wake_bound(Core& core, Notification& notification) SELENE_REQUIRES(own_core, notification.lock);
/// Take a notification's bits, waiting for some unless impatient.
[[nodiscard]] Result<void> wait(Core& core, Notification& notification, Patience patience) SELENE_REQUIRES(own_core)
    SELENE_EXCLUDES(tree_lock);

/// The current thread has faulted; its registers are saved and fault_address, fault_syndrome set. Tell the fault
/// endpoint of its task.
void raise_fault(Core& core, abi::FaultKind kind) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock);

/// A thread in no queue has lost its time: tell the time-out endpoint of its task. Whether there is somebody to tell.
[[nodiscard]] bool raise_timeout(Core& core, Thread& thread, abi::TimeoutCause cause) SELENE_REQUIRES(own_core)
    SELENE_EXCLUDES(tree_lock);

/// A server that has lost the time lent to it waits where it has last received, in front of new callers: the first lends
/// it time to get to its next receive, by itself, and is served then (Settled). Whoever waits for its answer is
/// cancelled, or faults again. False if it has no Reply or no such endpoint any more: then it waits for time of its own.
[[nodiscard]] bool await_lender(Core& core, Thread& thread) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock);

/// When the thread goes on it makes its system call again, with what its registers say by then.
void repeat_call(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// When the thread goes on it executes again what it has faulted at; if it has been sent elsewhere, it goes there.
void repeat_fault(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// Somebody has set a thread's pc: what it has faulted at it does not repeat.
void send_elsewhere(Thread& thread) SELENE_REQUIRES(own_core);

/// Whoever has received with `reply` will not answer what came through it. Its caller has its time back and waits on, unless
/// it is only to begin anew (Settled): it does. What comes back is who worked on that time, null if nobody did.
Thread* quit(Core& core, Reply& reply) SELENE_REQUIRES(own_core);

// Endings, for the destruction of objects.

/// Take a thread out of whatever it waits for, without a result. A caller it serves gets its budget back and keeps
/// waiting for the Reply.
void withdraw(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// Let a blocked thread go on with an error.
void cancel(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// Cancel one waiter of an endpoint; whether there was none.
[[nodiscard]] bool drain_step(Core& core, Endpoint& endpoint) SELENE_REQUIRES(own_core);
[[nodiscard]] bool drain_step(Core& core, Notification& notification) SELENE_REQUIRES(own_core);
/// Cancel all senders with a badge; whether that is done. `round` is 0 at first, then what an interrupted call has left.
[[nodiscard]] bool cancel_sends(Core& core, Endpoint& endpoint, uint64_t badge, uint64_t& round,
                                PreemptionPoint& preemption) SELENE_REQUIRES(own_core);
/// The Reply goes away: its caller is cancelled, or begins anew (Settled), and a receive that holds it ready is cancelled.
void abandon(Core& core, Reply& reply) SELENE_REQUIRES(own_core);

/// Change a thread's priority, also in the queue it waits in.
void set_priority(Core& core, Thread& thread, uint8_t priority) SELENE_REQUIRES(own_core);
/// A thread is about to have time of its own. One that waits for somebody's waits no longer; if it has faulted it does so
/// again, and who handles that may run on the new time.
void end_wait_for_time(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// Part a context from its thread. What that has lent of it comes home first; if it receives, it waits among those
/// without budget from now on.
void part(Core& core, SchedContext& context) SELENE_REQUIRES(own_core);

}  // namespace selene::ipc
