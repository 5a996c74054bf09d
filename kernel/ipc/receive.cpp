// SPDX-License-Identifier: BSD-2-Clause
// Receives.
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/scheduler.hpp"
#include "syscall/preemption.hpp"

namespace selene::ipc {

using abi::ErrorCode;
using abi::Tag;

namespace {

/// `receiver` receives with `reply` from now on. A caller that it has not answered has its own time back: what comes
/// now is paid for by whoever comes.
void serve_with(Core& core, Thread& receiver, Reply* reply) SELENE_REQUIRES(own_core) {
    if (receiver.reply != nullptr && receiver.reply != reply) quit(core, *receiver.reply);
    hold(receiver, reply);
    if (reply != nullptr) reply->endpoint = receiver.registers.x[0];
}

/// A sender and a receiver have met, the sender from its queue. Refused, nothing has happened.
Result<void> take_from(Core& core, Thread& sender, Thread& receiver, Reply* reply) SELENE_REQUIRES(own_core) {
    const ThreadState state = sender.state();
    if (state == ThreadState::faulting || state == ThreadState::faulting_alone) {
        const Tag tag = write_fault(sender, receiver);
        dequeue(sender);
        serve_with(core, receiver, reply);
        lend(core, sender, receiver, ThreadState::faulted_donating, ThreadState::faulted_keeping);
        message::deliver(receiver, sender.message_badge, tag);
        return {};
    }
    Tag tag(sender.message_tag);
    TRY_VOID(message::transfer(core, sender, receiver, tag));
    dequeue(sender);
    serve_with(core, receiver, reply);
    if (state == ThreadState::calling) {
        lend(core, sender, receiver, ThreadState::called_donating, ThreadState::called_keeping);
    } else {
        message::deliver(sender, 0, Tag{});
        scheduler::make_runnable(core, sender);
        tag = tag.with_sent();
    }
    message::deliver(receiver, sender.message_badge, tag);
    return {};
}

/// A receiver that has no time any more makes way for an interrupt. A sender that has just been refused lends it time to
/// repeat its call.
void search_on_time_of(Core& core, Thread& sender, Thread& receiver, Reply* reply) SELENE_REQUIRES(own_core) {
    serve_with(core, receiver, reply);
    lend(core, sender, receiver, ThreadState::called_donating, ThreadState::called_keeping);
    reply->settled = Settled::yes;
    scheduler::make_runnable(core, receiver);
}

/// The best sender that this receiver takes.
Thread* sender_for(const Endpoint& endpoint, const Thread& receiver, const Reply* reply)
    SELENE_REQUIRES(own_core, endpoint.lock) {
    Thread* donor = reply != nullptr ? endpoint.donors.first() : nullptr;
    Thread* plain = receiver.own_context != nullptr ? endpoint.senders.first() : nullptr;
    if (donor == nullptr || plain == nullptr) return donor != nullptr ? donor : plain;
    return plain->priority() > donor->priority() ? plain : donor;
}

}  // namespace

Result<void> check_receive(Core& core, Reply* reply, const Thread* answered) {
    Thread& receiver = *core.current;
    if (reply == nullptr) {
        if (receiver.own_context == nullptr) return refuse(ErrorCode::no_reply, 2);
    } else {
        if (reply->caller != nullptr && reply->caller != answered) return refuse(ErrorCode::in_use, 2);
        if (reply->holder != nullptr && reply->holder != &receiver && is_receiving(*reply->holder))
            return refuse(ErrorCode::in_use, 2);
    }
    return message::check_window(receiver);
}

Result<void> receive(Core& core, Through through, Reply* reply, Patience patience) {
    Thread& receiver = *core.current;
    // Who has just answered on a borrowed budget could not use a signal.
    if (Notification* bound = receiver.bound; bound != nullptr && receiver.state() == ThreadState::running) {
        bound->lock.assert_held();
        if (bound->bits != 0) {
            message::deliver(receiver, bound->bits, Tag{}.with_signal());
            bound->bits = 0;
            return {};
        }
    }
    const Held held(through.endpoint.lock);
    PreemptionPoint preemption;
    while (Thread* sender = sender_for(through.endpoint, receiver, reply)) {
        if (reply == nullptr && sender->state() == ThreadState::faulting_alone) {
            // There is nothing that it could wait in.
            cancel(core, *sender);
            if (!preemption.due(config::steps_between_polls)) continue;
            return Refused{preempted};
        }
        const Result<void> taken = take_from(core, *sender, receiver, reply);
        if (taken) {
            if (receiver.state() == ThreadState::without_budget) scheduler::make_runnable(core, receiver);
            return {};
        }
        // The sender's message does not fit: that is the sender's error.
        dequeue(*sender);
        message::deliver_error(*sender, taken.error(), core.refusal);
        const bool due = preemption.due(config::steps_between_polls);
        if (due && receiver.state() == ThreadState::without_budget) {
            search_on_time_of(core, *sender, receiver, reply);
        } else {
            scheduler::make_runnable(core, *sender);
        }
        if (!due) continue;
        // Repeated, it gives no answer any more: the kernel's bit in the tag says so, and keeps it off the hot path.
        receiver.registers.x[1] = Tag{}.with_error().raw();
        return Refused{preempted};
    }
    if (patience == Patience::refuse) {
        if (receiver.state() == ThreadState::without_budget) lending::bereave(core, &receiver);
        return refuse(ErrorCode::would_block);
    }
    serve_with(core, receiver, reply);
    const bool active = receiver.own_context != nullptr;
    block(core, receiver,
          reply == nullptr ? ThreadState::receiving_plain
          : active         ? ThreadState::receiving_active
                           : ThreadState::receiving_passive,
          &through.endpoint);
    queue_of(receiver)->insert(receiver);
    return {};
}

}  // namespace selene::ipc
