// SPDX-License-Identifier: BSD-2-Clause
// What all cases of a rendezvous share. Only the files of this folder use it.
#pragma once

#include "ipc/ipc.hpp"

namespace selene::ipc {

/// Whether a thread waits on an endpoint for somebody to come.
bool is_receiving(const Thread& thread) SELENE_REQUIRES(own_core);
/// The queue that a thread's state names, null if it is in none. The caller holds its lock.
WaitQueue* queue_of(const Thread& thread) SELENE_REQUIRES(own_core);
/// Who cancels senders looks at the next one.
void pass_by(Endpoint& endpoint) SELENE_REQUIRES(own_core, endpoint.lock);
/// Whether a thread waits on an endpoint to be received.
bool is_sending(const Thread& thread) SELENE_REQUIRES(own_core);
/// Take a waiting thread out of its queue; what it waits on stays named. The caller holds its lock.
void leave_queue(Thread& thread) SELENE_REQUIRES(own_core);
/// Take a waiting thread out of its queue. The caller holds its lock.
void dequeue(Thread& thread) SELENE_REQUIRES(own_core);
/// A thread goes on no more until somebody wakes it; to put it into a queue is the caller's.
void block(Core& core, Thread& thread, ThreadState state, void* on) SELENE_REQUIRES(own_core);

/// The receiver that a donor meets.
Thread* receiver_for_donor(const Endpoint& endpoint) SELENE_REQUIRES(endpoint.lock);
/// Whether the donor's budget has come so far that it cannot be lent to this receiver, or to whoever comes.
bool may_not_lend(const Thread& donor, const Thread* receiver) SELENE_REQUIRES(own_core);
/// `donor`, running or taken from its queue, waits for the answer of `receiver` from now on, which may run on its
/// budget.
void lend(Core& core, Thread& donor, Thread& receiver, ThreadState donating, ThreadState keeping)
    SELENE_REQUIRES(own_core);
/// `worker`, unfinished, is lent time by who would call it, or tell it a fault, to get to its next receive; then the donor
/// does so again.
void lend_to_finish(Core& core, Thread& donor, Thread& worker, ThreadState donating) SELENE_REQUIRES(own_core);
/// A thread has no time any more. If it waits to be received with it, its call is cancelled; its fault waits for a handler
/// with time.
void wait_without_time(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// Whoever waits in `reply` is told that no answer will come, or begins anew if it is settled. reply.cpp.
void disappoint(Core& core, Reply& reply) SELENE_REQUIRES(own_core);
/// Nobody waits in `reply` any more.
void vacate(Reply& reply) SELENE_REQUIRES(own_core);
/// Let `reply` be the one that `thread` receives with.
void hold(Thread& thread, Reply* reply) SELENE_REQUIRES(own_core);

/// What a fault message says of itself and of the endpoint's capability, to wait with it. fault.cpp.
void note_fault(Thread& thread, const Slot& slot, abi::FaultKind kind) SELENE_REQUIRES(own_core);
/// The words of a fault message, for its receiver. fault.cpp.
abi::Tag write_fault(const Thread& faulted, Thread& receiver) SELENE_REQUIRES(own_core);
/// A thread whose fault nobody mends runs no more; whose call it worked on has its time back. fault.cpp.
void end_by_fault(Core& core, Thread& thread) SELENE_REQUIRES(own_core);

}  // namespace selene::ipc
