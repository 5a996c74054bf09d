// SPDX-License-Identifier: BSD-2-Clause
// What becomes of waiting threads when they, their partner or their time go.
#include "capability/capability_space.hpp"
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

using abi::ErrorCode;

namespace {

/// What to cancel one takes, in steps between two polls.
constexpr unsigned steps_of_a_switch = 4;

/// Take a thread out of whatever it waits for; its state is the caller's to set. What it has lent comes home.
void stop_waiting(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    switch (thread.state()) {
    case ThreadState::receiving_passive:
    case ThreadState::receiving_active:
    case ThreadState::receiving_plain:
    case ThreadState::unfinished:
    case ThreadState::sending:
    case ThreadState::calling:
    case ThreadState::faulting:
    case ThreadState::faulting_alone:
    case ThreadState::waiting: dequeue(thread); break;
    case ThreadState::called_donating:
    case ThreadState::called_keeping:
    case ThreadState::faulted_donating:
    case ThreadState::faulted_keeping: {
        Reply& reply = *static_cast<Reply*>(thread.blocked_on);
        Thread* const worker = lending::take_home(core, reply);
        vacate(reply);
        lending::bereave(core, worker);
        break;
    }
    case ThreadState::running:
    case ThreadState::ready:
    case ThreadState::without_budget: scheduler::take_off(core, thread); break;
    case ThreadState::inactive: break;
    }
}

}  // namespace

void withdraw(Core& core, Thread& thread) {
    Thread* const worker = thread.reply != nullptr ? quit(core, *thread.reply) : nullptr;
    if (worker != &thread) lending::bereave(core, worker);
    stop_waiting(core, thread);
    thread.lost_time = LostTime::none;
    hold(thread, nullptr);
}

void cancel(Core& core, Thread& thread) {
    const ThreadState state = thread.state();
    stop_waiting(core, thread);
    if (state == ThreadState::unfinished) return thread.set_state(ThreadState::without_budget);
    if (state == ThreadState::faulting || state == ThreadState::faulting_alone ||
        state == ThreadState::faulted_donating || state == ThreadState::faulted_keeping) {
        end_by_fault(core, thread);
        return;
    }
    message::deliver_error(thread, ErrorCode::cancelled);
    scheduler::make_runnable(core, thread);
}

bool drain_step(Core& core, Endpoint& endpoint) {
    const Held held(endpoint.lock);
    for (WaitQueue* queue : {&endpoint.passive_receivers, &endpoint.donors, &endpoint.active_receivers,
                             &endpoint.plain_receivers, &endpoint.senders}) {
        if (Thread* thread = queue->first(); thread != nullptr) {
            cancel(core, *thread);
            return false;
        }
    }
    return true;
}

bool cancel_sends(Core& core, Endpoint& endpoint, uint64_t badge, uint64_t& round, PreemptionPoint& preemption) {
    const Held held(endpoint.lock);
    for (;;) {
        // If another has begun and not ended, that comes first; and others may have ended what has been begun here.
        if (round != 0 && round != endpoint.cancel_round) return true;
        if (endpoint.cancel_round % 2 == 0) {
            round = ++endpoint.cancel_round;
            endpoint.cancel_badge = badge;
            endpoint.cancel_next = endpoint.donors.first_in_walk();
            if (endpoint.cancel_next == nullptr) endpoint.cancel_next = endpoint.senders.first_in_walk();
        }
        unsigned steps = 1;
        if (Thread* sender = endpoint.cancel_next; sender == nullptr) {
            ++endpoint.cancel_round;
        } else if (pass_by(endpoint); sender->message_badge == endpoint.cancel_badge) {
            cancel(core, *sender);
            steps = steps_of_a_switch;
        }
        if (preemption.due(steps)) return false;
    }
}

[[gnu::noinline]] bool await_lender(Core& core, Thread& thread) {
    Reply* reply = thread.reply;
    if (reply == nullptr || thread.task == nullptr) return false;
    // Who waits for its answer still has lost the time, too: it is told so, or faults again when it has some.
    Thread* caller = reply->caller;
    if (caller != nullptr && caller->state() == ThreadState::faulted_keeping && reply->settled == Settled::no) {
        reply->settled = Settled::yes;
        repeat_fault(core, *caller);
    }
    disappoint(core, *reply);
    const Result<Slot*> slot = look_up(*thread.task, CapIndex(reply->endpoint), 0);
    if (!slot) return false;
    const Capability capability = (*slot)->capability();
    if (capability.type() != CapType::endpoint || !capability.allows(rights::read)) return false;
    Endpoint& endpoint = *capability.object<Endpoint>();
    const Held held(endpoint.lock);
    block(core, thread, ThreadState::unfinished, &endpoint);
    endpoint.passive_receivers.insert(thread);
    if (Thread* donor = endpoint.donors.first(); donor != nullptr) {
        const bool calls = donor->state() == ThreadState::calling;
        dequeue(*donor);
        lend_to_finish(core, *donor, thread, calls ? ThreadState::called_donating : ThreadState::faulted_donating);
    }
    return true;
}

void set_priority(Core& core, Thread& thread, uint8_t priority) {
    if (is_sending(thread)) {
        // Its new place may be one that has been looked at already.
        const auto& endpoint = *static_cast<Endpoint*>(thread.blocked_on);
        endpoint.lock.assert_held();
        if (endpoint.cancel_round % 2 != 0 && endpoint.cancel_badge == thread.message_badge) cancel(core, thread);
    }
    WaitQueue* queue = queue_of(thread);
    if (queue != nullptr) leave_queue(thread);
    scheduler::set_priority(core, thread, priority);
    if (queue != nullptr) queue->insert(thread);
}

void end_wait_for_time(Core& core, Thread& thread) {
    const bool faulted = thread.state() == ThreadState::faulting_alone;
    if (!faulted && thread.state() != ThreadState::unfinished) return;
    stop_waiting(core, thread);
    thread.set_state(ThreadState::without_budget);
    if (faulted) repeat_fault(core, thread);
}

void part(Core& core, SchedContext& context) {
    Thread* thread = context.home;
    if (thread != nullptr) lending::recall(core, *thread);
    scheduler::unbind(core, context);
    if (thread == nullptr) return;
    wait_without_time(core, *thread);
    // It could not use what a plain receive brings.
    if (thread->state() == ThreadState::receiving_plain) cancel(core, *thread);
    if (thread->state() != ThreadState::receiving_active) return;
    WaitQueue* queue = queue_of(*thread);
    queue->remove(*thread);
    thread->set_state(ThreadState::receiving_passive);
    queue_of(*thread)->insert(*thread);
}

}  // namespace selene::ipc
