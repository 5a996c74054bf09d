// SPDX-License-Identifier: BSD-2-Clause
// Calls, sends, answers and receives off the hot path.
#include "ipc/ipc.hpp"

#include "abi/ipc_buffer.hpp"
#include "base/assert.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

namespace {

using abi::ErrorCode;
using abi::Tag;

bool is_receiving(const Thread& thread) {
    const ThreadState state = thread.state();
    return state == ThreadState::receiving_passive || state == ThreadState::receiving_active ||
           state == ThreadState::receiving_plain;
}

/// The queue that a thread's state names, null if it is in none.
WaitQueue* queue_of(const Thread& thread) {
    auto* endpoint = static_cast<Endpoint*>(thread.blocked_on);
    switch (thread.state()) {
    case ThreadState::receiving_passive: return &endpoint->passive_receivers;
    case ThreadState::receiving_active: return &endpoint->active_receivers;
    case ThreadState::receiving_plain: return &endpoint->plain_receivers;
    case ThreadState::calling:
    case ThreadState::faulting: return &endpoint->donors;
    case ThreadState::sending: return &endpoint->senders;
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

/// Take a waiting thread out of its queue.
void dequeue(Thread& thread) {
    queue_of(thread)->remove(thread);
    thread.blocked_on = nullptr;
}

void block(Core& core, Thread& thread, ThreadState state, void* on) {
    scheduler::take_off(core, thread);
    thread.set_state(state);
    thread.blocked_on = on;
    core.reschedule = 1;
}

/// The words of a fault message, for its receiver.
Tag write_fault(const Thread& faulted, Thread& receiver) {
    const auto kind = static_cast<abi::FaultKind>(Tag(faulted.message_tag).label());
    auto* words = receiver.registers.x + 2;
    for (unsigned word = 0; word < abi::register_words; ++word) words[word] = 0;
    switch (kind) {
    case abi::FaultKind::page_fault:
        words[0] = faulted.fault_address;
        words[1] = machine::fault_access(faulted.fault_syndrome);
        words[2] = faulted.pc;
        words[3] = faulted.fault_syndrome;
        break;
    case abi::FaultKind::unknown_system_call:
        words[0] = faulted.fault_syndrome & 0xffff;
        words[1] = faulted.pc;
        break;
    case abi::FaultKind::user_exception:
        words[0] = faulted.fault_syndrome;
        words[1] = faulted.pc;
        words[2] = faulted.fault_address;
        break;
    case abi::FaultKind::timeout: words[0] = faulted.fault_address; break;
    }
    return Tag(faulted.message_tag);
}

/// `donor`, running or taken from its queue, waits for the answer of `receiver` from now on, which may run on its
/// budget.
void lend(Core& core, Thread& donor, Thread& receiver, ThreadState donating, ThreadState keeping) {
    Reply& reply = *receiver.reply;
    SchedContext* context = &donor == core.current ? core.context : donor.context;
    if (receiver.own_context == nullptr) {
        receiver.context = context;
        block(core, donor, donating, &reply);
    } else {
        block(core, donor, keeping, &reply);
        donor.context = context;
        receiver.context = receiver.own_context;
    }
    reply.caller = &donor;
}

/// The receiver that a donor meets.
Thread* receiver_for_donor(const Endpoint& endpoint) {
    Thread* passive = endpoint.passive_receivers.first();
    return passive != nullptr ? passive : endpoint.active_receivers.first();
}

/// The receiver that a plain sender meets.
Thread* receiver_for_sender(const Endpoint& endpoint) {
    Thread* active = endpoint.active_receivers.first();
    Thread* plain = endpoint.plain_receivers.first();
    if (active == nullptr || plain == nullptr) return active != nullptr ? active : plain;
    return plain->priority() > active->priority() ? plain : active;
}

/// Let `reply` be the one that `thread` receives with.
void hold(Thread& thread, Reply* reply) {
    if (thread.reply == reply) return;
    if (thread.reply != nullptr) thread.reply->holder = nullptr;
    thread.reply = reply;
    if (reply == nullptr) return;
    if (reply->holder != nullptr) reply->holder->reply = nullptr;
    reply->holder = &thread;
}

/// `receiver` receives with `reply` from now on. A caller that it has not answered has its own time back: what comes
/// now is paid for by whoever comes.
void serve_with(Core& core, Thread& receiver, Reply* reply) {
    if (receiver.reply != nullptr && receiver.reply != reply) lending::take_home(core, *receiver.reply);
    hold(receiver, reply);
}

/// A sender and a receiver have met, the sender from its queue. Refused, nothing has happened.
Result<void> take_from(Core& core, Thread& sender, Thread& receiver, Reply* reply) {
    const ThreadState state = sender.state();
    if (state == ThreadState::faulting) {
        const Tag tag = write_fault(sender, receiver);
        dequeue(sender);
        serve_with(core, receiver, reply);
        lend(core, sender, receiver, ThreadState::faulted_donating, ThreadState::faulted_keeping);
        message::deliver(receiver, sender.message_badge, tag);
        return {};
    }
    const Tag tag(sender.message_tag);
    TRY_VOID(message::transfer(core, sender, receiver, tag));
    dequeue(sender);
    serve_with(core, receiver, reply);
    if (state == ThreadState::calling) {
        lend(core, sender, receiver, ThreadState::called_donating, ThreadState::called_keeping);
    } else {
        message::deliver(sender, 0, Tag{});
        scheduler::make_runnable(core, sender);
    }
    message::deliver(receiver, sender.message_badge, tag);
    return {};
}

/// The best sender that this receiver takes.
Thread* sender_for(const Endpoint& endpoint, const Thread& receiver, const Reply* reply) {
    Thread* donor = reply != nullptr ? endpoint.donors.first() : nullptr;
    Thread* plain = receiver.own_context != nullptr ? endpoint.senders.first() : nullptr;
    if (donor == nullptr || plain == nullptr) return donor != nullptr ? donor : plain;
    return plain->priority() > donor->priority() ? plain : donor;
}

/// Take a thread out of whatever it waits for; its state is the caller's to set. What it has lent comes home.
void stop_waiting(Core& core, Thread& thread) {
    switch (thread.state()) {
    case ThreadState::receiving_passive:
    case ThreadState::receiving_active:
    case ThreadState::receiving_plain:
    case ThreadState::sending:
    case ThreadState::calling:
    case ThreadState::faulting:
    case ThreadState::waiting: dequeue(thread); break;
    case ThreadState::called_donating:
    case ThreadState::called_keeping:
    case ThreadState::faulted_donating:
    case ThreadState::faulted_keeping: {
        Reply& reply = *static_cast<Reply*>(thread.blocked_on);
        lending::take_home(core, reply);
        reply.caller = nullptr;
        thread.blocked_on = nullptr;
        break;
    }
    case ThreadState::running:
    case ThreadState::ready:
    case ThreadState::without_budget: scheduler::take_off(core, thread); break;
    case ThreadState::inactive: break;
    }
}

/// A thread whose fault nobody mends runs no more; whose call it worked on has its time back.
void end_by_fault(Core& core, Thread& thread) {
    thread.set_state(ThreadState::inactive);
    if (thread.reply != nullptr) lending::take_home(core, *thread.reply);
}

void queue_sender(Core& core, Through through, ThreadState state, Tag tag) {
    Thread& sender = *core.current;
    block(core, sender, state, &through.endpoint);
    sender.message_tag = tag.raw();
    sender.message_badge = through.badge;
    queue_of(sender)->insert(sender);
}

Result<void> check_sender(const Thread& sender, Through through, Tag tag) {
    TRY_VOID(message::check(sender, tag));
    if (tag.items() > 0 && !through.rights.include(rights::transfer))
        return refuse(ErrorCode::missing_right, 0, rights::transfer.mask());
    return {};
}

}  // namespace

Result<void> call(Core& core, Through through) {
    Thread& caller = *core.current;
    const Tag tag(caller.registers.x[1]);
    if (!through.rights.include(rights::reply)) return refuse(ErrorCode::missing_right, 0, rights::reply.mask());
    TRY_VOID(check_sender(caller, through, tag));
    Thread* receiver = receiver_for_donor(through.endpoint);
    if (receiver == nullptr) {
        queue_sender(core, through, ThreadState::calling, tag);
        return {};
    }
    TRY_VOID(message::transfer(core, caller, *receiver, tag));
    dequeue(*receiver);
    lend(core, caller, *receiver, ThreadState::called_donating, ThreadState::called_keeping);
    message::deliver(*receiver, through.badge, tag);
    scheduler::make_runnable(core, *receiver);
    return {};
}

Result<void> send(Core& core, Through through, Patience patience) {
    Thread& sender = *core.current;
    const Tag tag(sender.registers.x[1]);
    TRY_VOID(check_sender(sender, through, tag));
    Thread* receiver = receiver_for_sender(through.endpoint);
    if (receiver == nullptr) {
        if (patience == Patience::refuse) return refuse(ErrorCode::would_block);
        queue_sender(core, through, ThreadState::sending, tag);
        return {};
    }
    TRY_VOID(message::transfer(core, sender, *receiver, tag));
    dequeue(*receiver);
    message::deliver(*receiver, through.badge, tag);
    message::deliver(sender, 0, Tag{});
    scheduler::make_runnable(core, *receiver);
    return {};
}

Result<void> answer(Core& core, Reply& reply) {
    Thread& server = *core.current;
    Thread* caller = reply.caller;
    if (caller == nullptr) return {};
    const Tag tag(server.registers.x[1]);
    TRY_VOID(message::check(server, tag));
    const ThreadState state = caller->state();
    const bool faulted = state == ThreadState::faulted_donating || state == ThreadState::faulted_keeping;
    if (!faulted) TRY_VOID(message::transfer(core, server, *caller, tag));
    lending::take_home(core, reply);
    reply.caller = nullptr;
    caller->blocked_on = nullptr;
    if (faulted && tag.label() != 0) {
        end_by_fault(core, *caller);
        return {};
    }
    if (!faulted) message::deliver(*caller, 0, tag);
    scheduler::make_runnable(core, *caller);
    return {};
}

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
    if (Notification* bound = receiver.bound;
        bound != nullptr && bound->bits != 0 && receiver.state() == ThreadState::running) {
        message::deliver(receiver, bound->bits, Tag{}.with_signal());
        bound->bits = 0;
        return {};
    }
    while (Thread* sender = sender_for(through.endpoint, receiver, reply)) {
        if (receiver.own_context == nullptr && sender->context == nullptr) {
            // It has lost its time while it waited: nobody could work for it.
            cancel(core, *sender);
            continue;
        }
        const Result<void> taken = take_from(core, *sender, receiver, reply);
        if (taken) {
            if (receiver.state() == ThreadState::without_budget) scheduler::make_runnable(core, receiver);
            return {};
        }
        // The sender's message does not fit: that is the sender's error.
        dequeue(*sender);
        message::deliver_error(*sender, taken.error(), core.refusal);
        scheduler::make_runnable(core, *sender);
    }
    if (patience == Patience::refuse) return refuse(ErrorCode::would_block);
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

void signal(Core& core, Notification& notification, uint64_t bits) {
    if (Thread* waiter = notification.waiters.first(); waiter != nullptr) {
        notification.waiters.remove(*waiter);
        waiter->blocked_on = nullptr;
        message::deliver(*waiter, notification.bits | bits, Tag{});
        notification.bits = 0;
        scheduler::make_runnable(core, *waiter);
        return;
    }
    notification.bits |= bits;
    if (notification.bound != nullptr) wake_bound(core, notification);
}

void wake_bound(Core& core, Notification& notification) {
    Thread& bound = *notification.bound;
    // A receiver without a budget could not use the signal: it stays pending until a call brings one.
    if (notification.bits == 0 || !is_receiving(bound) || bound.own_context == nullptr) return;
    dequeue(bound);
    message::deliver(bound, notification.bits, Tag{}.with_signal());
    notification.bits = 0;
    scheduler::make_runnable(core, bound);
}

Result<void> wait(Core& core, Notification& notification, Patience patience) {
    Thread& thread = *core.current;
    if (notification.bits != 0 || patience == Patience::refuse) {
        message::deliver(thread, notification.bits, Tag{});
        notification.bits = 0;
        return {};
    }
    block(core, thread, ThreadState::waiting, &notification);
    notification.waiters.insert(thread);
    return {};
}

void raise_fault(Core& core, abi::FaultKind kind) {
    Thread& thread = *core.current;
    thread.message_tag =
        Tag{}.with_label(static_cast<uint32_t>(kind)).with_fault().with_length(abi::register_words / 2).raw();
    const Slot& slot = thread.task->fault_slot;
    if (slot.empty() || !slot.capability().allows(rights::write)) {
        if (thread.reply != nullptr) lending::take_home(core, *thread.reply);
        block(core, thread, ThreadState::inactive, nullptr);
        return;
    }
    Endpoint& endpoint = *slot.object<Endpoint>();
    thread.message_badge = slot.capability().word1();
    Thread* handler = receiver_for_donor(endpoint);
    if (handler == nullptr) {
        block(core, thread, ThreadState::faulting, &endpoint);
        endpoint.donors.insert(thread);
        return;
    }
    const Tag tag = write_fault(thread, *handler);
    dequeue(*handler);
    lend(core, thread, *handler, ThreadState::faulted_donating, ThreadState::faulted_keeping);
    message::deliver(*handler, thread.message_badge, tag);
    scheduler::make_runnable(core, *handler);
}

void withdraw(Core& core, Thread& thread) {
    if (thread.reply != nullptr) lending::take_home(core, *thread.reply);
    stop_waiting(core, thread);
    hold(thread, nullptr);
}

void cancel(Core& core, Thread& thread) {
    const ThreadState state = thread.state();
    stop_waiting(core, thread);
    if (state == ThreadState::faulting || state == ThreadState::faulted_donating ||
        state == ThreadState::faulted_keeping) {
        end_by_fault(core, thread);
        return;
    }
    message::deliver_error(thread, ErrorCode::cancelled);
    scheduler::make_runnable(core, thread);
}

bool drain_step(Core& core, Endpoint& endpoint) {
    for (WaitQueue* queue : {&endpoint.passive_receivers, &endpoint.donors, &endpoint.active_receivers,
                             &endpoint.plain_receivers, &endpoint.senders}) {
        if (Thread* thread = queue->first(); thread != nullptr) {
            cancel(core, *thread);
            return false;
        }
    }
    return true;
}

bool drain_step(Core& core, Notification& notification) {
    if (Thread* thread = notification.waiters.first(); thread != nullptr) {
        cancel(core, *thread);
        return false;
    }
    if (notification.bound != nullptr) notification.bound->bound = nullptr;
    notification.bound = nullptr;
    return true;
}

void abandon(Core& core, Reply& reply) {
    if (reply.caller != nullptr) cancel(core, *reply.caller);
    Thread* holder = reply.holder;
    if (holder == nullptr) return;
    if (is_receiving(*holder)) cancel(core, *holder);
    hold(*holder, nullptr);
}

void set_priority(Core& core, Thread& thread, uint8_t priority) {
    WaitQueue* queue = queue_of(thread);
    if (queue != nullptr) queue->remove(thread);
    scheduler::set_priority(core, thread, priority);
    if (queue != nullptr) queue->insert(thread);
}

void part(Core& core, SchedContext& context) {
    Thread* thread = context.home;
    if (thread != nullptr) lending::recall(core, *thread);
    scheduler::unbind(core, context);
    if (thread == nullptr) return;
    // It could not use what a plain receive brings.
    if (thread->state() == ThreadState::receiving_plain) cancel(core, *thread);
    if (thread->state() != ThreadState::receiving_active) return;
    WaitQueue* queue = queue_of(*thread);
    queue->remove(*thread);
    thread->set_state(ThreadState::receiving_passive);
    queue_of(*thread)->insert(*thread);
}

}  // namespace selene::ipc
