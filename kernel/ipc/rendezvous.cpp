// SPDX-License-Identifier: BSD-2-Clause
// What all cases of a rendezvous share.
#include "ipc/rendezvous.hpp"

#include "machine.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

bool is_receiving(const Thread& thread) {
    const ThreadState state = thread.state();
    return state == ThreadState::receiving_passive ||
           (state >= ThreadState::receiving_active && state <= ThreadState::unfinished);
}

WaitQueue* queue_of(const Thread& thread) {
    auto* endpoint = static_cast<Endpoint*>(thread.blocked_on);
    switch (thread.state()) {
    case ThreadState::receiving_passive:
    case ThreadState::unfinished: return &endpoint->passive_receivers;
    case ThreadState::receiving_active: return &endpoint->active_receivers;
    case ThreadState::receiving_plain: return &endpoint->plain_receivers;
    case ThreadState::calling:
    case ThreadState::faulting: return &endpoint->donors;
    case ThreadState::sending:
    case ThreadState::faulting_alone: return &endpoint->senders;
    case ThreadState::waiting: return &static_cast<Notification*>(thread.blocked_on)->waiters;
    case ThreadState::called_donating:
    case ThreadState::called_keeping:
    case ThreadState::faulted_donating:
    case ThreadState::faulted_keeping:
    case ThreadState::running:
    case ThreadState::ready:
    case ThreadState::without_budget:
    case ThreadState::inactive: return nullptr;
    }
}

bool is_sending(const Thread& thread) {
    const ThreadState state = thread.state();
    return state >= ThreadState::sending && state <= ThreadState::faulting_alone;
}

void leave_queue(Thread& thread) {
    if (is_sending(thread)) {
        auto& endpoint = *static_cast<Endpoint*>(thread.blocked_on);
        endpoint.lock.assert_held();
        if (endpoint.cancel_next == &thread) pass_by(endpoint);
    }
    queue_of(thread)->remove(thread);
}

void pass_by(Endpoint& endpoint) {
    WaitQueue& queue = *queue_of(*endpoint.cancel_next);
    endpoint.cancel_next = queue.behind_in_walk(*endpoint.cancel_next);
    if (endpoint.cancel_next == nullptr && &queue == &endpoint.donors)
        endpoint.cancel_next = endpoint.senders.first_in_walk();
}

void dequeue(Thread& thread) {
    leave_queue(thread);
    thread.blocked_on = nullptr;
}

void block(Core& core, Thread& thread, ThreadState state, void* on) {
    scheduler::take_off(core, thread);
    thread.set_state(state);
    thread.blocked_on = on;
    core.reschedule = 1;
}

void lend(Core& core, Thread& donor, Thread& receiver, ThreadState donating, ThreadState keeping) {
    Reply& reply = *receiver.reply;
    SchedContext* context = &donor == core.current ? core.context : donor.context;
    if (receiver.own_context == nullptr) {
        receiver.context = context;
        // Should it be worth nothing, somebody has to know: others wait for the receiver.
        receiver.lost_time = LostTime::used_up;
        receiver.loan_depth = static_cast<uint16_t>(donor.loan_depth + 1);
        block(core, donor, donating, &reply);
    } else {
        block(core, donor, keeping, &reply);
        donor.context = context;
        receiver.context = receiver.own_context;
    }
    reply.caller = &donor;
}

void lend_to_finish(Core& core, Thread& donor, Thread& worker, ThreadState donating) {
    dequeue(worker);
    lend(core, donor, worker, donating, donating);
    worker.reply->settled = Settled::yes;
    // At once, so that a debugger sees where it goes on, and what it writes stays.
    if (donating == ThreadState::called_donating) {
        repeat_call(core, donor);
    } else {
        repeat_fault(core, donor);
    }
    scheduler::make_runnable(core, worker);
}

namespace {

/// Of an unknown system call no address is told: here it says that the thread has been sent elsewhere.
constexpr uint64_t sent_elsewhere = 1;

bool has_made_unknown_call(const Thread& thread) SELENE_REQUIRES(own_core) {
    return abi::Tag(thread.message_tag).label() == static_cast<uint32_t>(abi::FaultKind::unknown_system_call);
}

/// Of one that is yet to leave the kernel the machine knows best where it is.
void go_back_to_system_call(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    if (&thread == core.current) return machine::repeat_system_call(thread);
    thread.pc -= machine::system_call_bytes;
}

}  // namespace

void repeat_call(Core& core, Thread& thread) {
    go_back_to_system_call(core, thread);
    thread.registers.pstate = machine::user_pstate;
    thread.resume = ResumeKind::all;
}

void repeat_fault(Core& core, Thread& thread) {
    if (has_made_unknown_call(thread) && thread.fault_address != sent_elsewhere) go_back_to_system_call(core, thread);
}

void send_elsewhere(Thread& thread) {
    if (has_made_unknown_call(thread)) thread.fault_address = sent_elsewhere;
}

void wait_without_time(Core& core, Thread& thread) {
    const bool faulting = thread.state() == ThreadState::faulting;
    if (!faulting && thread.state() != ThreadState::calling) return;
    auto* endpoint = static_cast<Endpoint*>(thread.blocked_on);
    endpoint->lock.assert_held();
    // Behind its new place may have been looked already.
    const bool doomed = endpoint->cancel_round % 2 != 0 && endpoint->cancel_badge == thread.message_badge;
    if (!faulting || doomed || !endpoint->plain_receivers.empty()) return cancel(core, thread);
    leave_queue(thread);
    thread.set_state(ThreadState::faulting_alone);
    endpoint->senders.insert(thread);
}

Thread* receiver_for_donor(const Endpoint& endpoint) {
    Thread* passive = endpoint.passive_receivers.first();
    return passive != nullptr ? passive : endpoint.active_receivers.first();
}

bool may_not_lend(const Thread& donor, const Thread* receiver) {
    return donor.loan_depth >= abi::call_depth && (receiver == nullptr || receiver->own_context == nullptr);
}

void vacate(Reply& reply) {
    reply.caller->blocked_on = nullptr;
    reply.caller = nullptr;
    reply.settled = Settled::no;
}

void hold(Thread& thread, Reply* reply) {
    if (thread.reply == reply) return;
    if (thread.reply != nullptr) thread.reply->holder = nullptr;
    thread.reply = reply;
    if (reply == nullptr) return;
    if (reply->holder != nullptr) reply->holder->reply = nullptr;
    reply->holder = &thread;
}

}  // namespace selene::ipc
