// SPDX-License-Identifier: BSD-2-Clause
// The cases in which a switch takes no choice.
#include "ipc/direct_switch.hpp"

#include "abi/ipc_buffer.hpp"
#include "capability/capability_space.hpp"
#include "ipc/ipc.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/switching.hpp"

namespace selene::direct {

using abi::SystemCall;
using abi::Tag;

namespace {

constexpr unsigned reply_register = 10;

// --- Who goes on, and who stops ------------------------------------------------------------------------------

/// Whether `next`, which is in `state`, may run instead of the current thread.
bool may_enter(const Core& core, const Thread& next, ThreadState state) SELENE_REQUIRES(own_core) {
    return scheduler::may_switch_with_fpu(machine::core_word(core), next.summary, state) && next.task->root_hint() != 0;
}

/// Let it, on the core's context.
Thread* enter(Core& core, Thread& next) SELENE_REQUIRES(own_core) {
    if (core.current->uses_fpu() || next.uses_fpu()) [[unlikely]]
        machine::switch_fpu(core, next);
    next.set_state(ThreadState::running);
    next.lost_time = LostTime::none;
    core.current = &next;
    machine::set_space(next.task->root_hint());
    return &next;
}

void stop(Core& core, ThreadState state, void* on) SELENE_REQUIRES(own_core) {
    Thread& thread = *core.current;
    thread.set_state(state);
    thread.blocked_on = on;
}

/// Charge the core's context and go on to this one, if simple bookkeeping does for both: the current thread stops, and
/// has its context with it.
[[gnu::noinline]] bool try_go_on_with(Core& core, SchedContext* to) SELENE_REQUIRES(own_core) {
    if (to == nullptr || to->core != &core) return false;
    SchedContext& from = *core.context;
    const Ticks now = machine::now();
    const uint64_t used = now.value() - core.charged_until;
    if (!to->readies_simply(now, core.kernel->minimum_budget) || !from.charges_simply(used)) return false;
    from.charge_simply(used);
    to->ready_simply(now);
    core.current->context = &from;
    core.context = to;
    core.charged_until = now.value();
    scheduler::set_timer(core);
    return true;
}

/// The ready thread that is to go on when the current one stops, null if there is none that may at once. Who is in a ready
/// queue is neither stopped nor another core's.
Thread* heir(const Core& core) SELENE_REQUIRES(own_core) {
    Thread* next = core.ready.first(static_cast<uint8_t>(machine::core_word(core)));
    return next != nullptr && next->task->root_hint() != 0 ? next : nullptr;
}
Thread* succeed(Core& core, Thread& next) SELENE_REQUIRES(own_core) {
    core.ready.remove(next);
    scheduler::publish_floor(core);
    return enter(core, next);
}

/// Let a thread go on that waits in `state` for something that has come, now or in its turn; the caller takes it out of
/// its queue. Null: nothing has happened.
Thread* wake(Core& core, Thread& woken, ThreadState state) SELENE_REQUIRES(own_core) {
    Thread& thread = *core.current;
    if (woken.next != nullptr) return nullptr;
    if (woken.priority() > thread.priority()) {
        if (!may_enter(core, woken, state) || !try_go_on_with(core, woken.context)) return nullptr;
        thread.lost_time = LostTime::used_up;
        thread.set_state(ThreadState::ready);
        core.ready.prepend(thread);
        machine::set_core_word(core, thread.priority());
        woken.blocked_on = nullptr;
        return enter(core, woken);
    }
    if (woken.stopped() || woken.context == nullptr || woken.context->core != &core) return nullptr;
    woken.blocked_on = nullptr;
    scheduler::enqueue(core, woken);
    return &thread;
}

// --- Messages ------------------------------------------------------------------------------------------------

/// Whether a message carries words alone, and there is a buffer for them.
bool is_plain(const Thread& sender, const Thread& receiver, Tag tag) SELENE_REQUIRES(own_core) {
    const auto length = static_cast<uint32_t>(tag.raw());
    return length <= abi::register_words ||
           (length <= abi::message_words && sender.buffer != nullptr && receiver.buffer != nullptr);
}

/// Whether nothing can come of a receive yet, and it may begin.
bool may_begin_to_receive(const Thread& thread, const Endpoint& endpoint, const WaitQueue& queue)
    SELENE_REQUIRES(own_core, endpoint.lock) {
    if (!queue.empty() || !endpoint.donors.empty()) return false;
    if (thread.own_context != nullptr && !endpoint.senders.empty()) return false;
    if (Notification* bound = thread.bound; bound != nullptr) {
        bound->lock.assert_held();
        if (bound->bits != 0) return false;
    }
    return thread.buffer == nullptr || reinterpret_cast<const abi::IpcBuffer*>(thread.buffer)->window.count == 0;
}

/// What the slot holds that an index names in a flat table, empty if it names none.
Capability flat_capability(Thread& thread, uint64_t index) SELENE_REQUIRES(own_core) {
    const Slot* slot = look_up_flat(*thread.task, CapIndex(index));
    return slot != nullptr ? slot->capability() : Capability();
}

Thread* send(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    const Capability capability = flat_capability(thread, thread.registers.x[0]);
    if (Capability::TypeWrite::of(capability.word0()) != Capability::type_write(CapType::endpoint)) return nullptr;
    Endpoint& endpoint = *capability.object<Endpoint>();
    const Held held(endpoint.lock);
    const bool active = !endpoint.active_receivers.empty();
    if (active && !endpoint.plain_receivers.empty()) return nullptr;
    WaitQueue& queue = active ? endpoint.active_receivers : endpoint.plain_receivers;
    Thread* receiver = queue.first();
    const Tag tag(thread.registers.x[1]);
    if (receiver == nullptr || !is_plain(thread, *receiver, tag)) return nullptr;
    Thread* next = wake(core, *receiver, active ? ThreadState::receiving_active : ThreadState::receiving_plain);
    if (next == nullptr) return nullptr;
    queue.hot_clear();
    message::copy_words(thread, *receiver, tag);
    message::deliver(*receiver, capability.word1(), tag.with_sent());
    message::deliver(thread, 0, Tag{});
    return next;
}

/// With the Reply that it has held before, or without one.
Thread* receive(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    const Capability capability = flat_capability(thread, thread.registers.x[0]);
    if (Capability::ReadType::of(capability.word0()) != Capability::read_type(CapType::endpoint)) return nullptr;
    if (thread.own_context == nullptr) return nullptr;
    const uint64_t index = thread.registers.x[reply_register];
    const bool plain = thread.reply == nullptr;
    if (plain) {
        if (CapIndex(index) != no_capability) return nullptr;
    } else {
        const Capability reply = flat_capability(thread, index);
        if (Capability::TypeWrite::of(reply.word0()) != Capability::type_write(CapType::reply)) return nullptr;
        if (reply.object<Reply>() != thread.reply || thread.reply->caller != nullptr) return nullptr;
    }
    Endpoint& endpoint = *capability.object<Endpoint>();
    const Held held(endpoint.lock);
    WaitQueue& queue = plain ? endpoint.plain_receivers : endpoint.active_receivers;
    if (!may_begin_to_receive(thread, endpoint, queue)) return nullptr;
    Thread* next = heir(core);
    if (next == nullptr || !try_go_on_with(core, next->context)) return nullptr;
    if (!plain) thread.reply->endpoint = thread.registers.x[0];
    stop(core, plain ? ThreadState::receiving_plain : ThreadState::receiving_active, &endpoint);
    queue.hot_set(&thread);
    return succeed(core, *next);
}

Thread* yield(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    Thread* next = heir(core);
    if (next == nullptr || next->priority() != thread.priority() || !try_go_on_with(core, next->context))
        return nullptr;
    thread.lost_time = LostTime::used_up;
    thread.set_state(ThreadState::ready);
    core.ready.rotate(thread);
    message::deliver(thread, 0, Tag{});
    return enter(core, *next);
}

}  // namespace

Thread* signal(Core& core, Notification& notification, uint64_t bits) {
    const Held held(notification.lock);
    if (Thread* waiter = notification.waiters.first(); waiter != nullptr) {
        Thread* next = wake(core, *waiter, ThreadState::waiting);
        if (next == nullptr) return nullptr;
        notification.waiters.hot_clear();
        message::deliver(*waiter, bits, Tag{});
        return next;
    }
    Thread* bound = notification.bound;
    if (bound == nullptr || bound->state() != ThreadState::receiving_active) return nullptr;
    Endpoint& endpoint = *static_cast<Endpoint*>(bound->blocked_on);
    const Held endpoint_held(endpoint.lock);
    Thread* next = wake(core, *bound, ThreadState::receiving_active);
    if (next == nullptr) return nullptr;
    endpoint.active_receivers.hot_clear();
    message::deliver(*bound, notification.bits | bits, Tag{}.with_signal());
    notification.bits = 0;
    return next;
}

bool signal_idle(Core& core, Notification& notification, uint64_t bits) {
    const Held held(notification.lock);
    Thread* waiter = notification.waiters.first();
    if (waiter == nullptr || waiter->next != nullptr || waiter->stopped()) return false;
    if (waiter->context == nullptr || waiter->context->core != &core) return false;
    notification.waiters.hot_clear();
    waiter->blocked_on = nullptr;
    message::deliver(*waiter, bits, Tag{});
    // What the hot path goes by is set when a thread has been chosen.
    waiter->set_state(ThreadState::ready);
    core.ready.append(*waiter);
    return true;
}

Thread* wait(Core& core, Notification& notification) {
    const Held held(notification.lock);
    if (!notification.waiters.empty()) return nullptr;
    Thread* next = heir(core);
    if (next == nullptr || !try_go_on_with(core, next->context)) return nullptr;
    notification.waiters.hot_set(core.current);
    stop(core, ThreadState::waiting, &notification);
    return succeed(core, *next);
}

Thread* call(Core& core, Endpoint& endpoint, uint64_t badge) {
    const Held held(endpoint.lock);
    Thread& thread = *core.current;
    Thread* server = endpoint.active_receivers.first();
    const Tag tag(thread.registers.x[1]);
    if (server == nullptr || server->next != nullptr || !is_plain(thread, *server, tag)) return nullptr;
    if (!may_enter(core, *server, ThreadState::receiving_active) || !try_go_on_with(core, server->own_context))
        return nullptr;
    endpoint.active_receivers.hot_clear();
    message::copy_words(thread, *server, tag);
    message::deliver(*server, badge, tag);
    stop(core, ThreadState::called_keeping, server->reply);
    server->reply->caller = &thread;
    server->blocked_on = nullptr;
    server->context = core.context;
    return enter(core, *server);
}

Thread* reply_receive(Core& core, Endpoint& endpoint, Reply& reply) {
    const Held held(endpoint.lock);
    Thread& thread = *core.current;
    Thread* caller = reply.caller;
    if (caller == nullptr || reply.settled != Settled::no) return nullptr;
    const ThreadState state = caller->state();
    const bool donating = state == ThreadState::faulted_donating;
    const bool faulted = donating || state == ThreadState::faulted_keeping;
    const Tag tag(thread.registers.x[1]);
    if (faulted ? tag.raw() != 0 : state != ThreadState::called_keeping || !is_plain(thread, *caller, tag))
        return nullptr;
    if (donating != (thread.own_context == nullptr)) return nullptr;
    WaitQueue& queue = donating ? endpoint.passive_receivers : endpoint.active_receivers;
    if (!may_begin_to_receive(thread, endpoint, queue) || !may_enter(core, *caller, state)) return nullptr;
    if (donating) {
        thread.context = nullptr;
        caller->context = core.context;
    } else if (!try_go_on_with(core, caller->context)) {
        return nullptr;
    }
    if (!faulted) {
        message::copy_words(thread, *caller, tag);
        message::deliver(*caller, 0, tag);
    }
    queue.hot_set(&thread);
    stop(core, donating ? ThreadState::receiving_passive : ThreadState::receiving_active, &endpoint);
    reply.endpoint = thread.registers.x[0];
    reply.caller = nullptr;
    caller->blocked_on = nullptr;
    return enter(core, *caller);
}

Thread* perform(Core& core, Thread& thread, SystemCall number) {
    switch (number) {
    case SystemCall::send: return send(core, thread);
    case SystemCall::receive: return receive(core, thread);
    case SystemCall::yield: return yield(core, thread);
    default: return nullptr;
    }
}

Thread* raise_fault(Core& core, abi::FaultKind kind) {
    Thread& thread = *core.current;
    const Slot& slot = thread.task->fault_slot;
    if (Capability::TypeWrite::of(slot.capability().word0()) != Capability::type_write(CapType::installed_endpoint))
        return nullptr;
    Endpoint& endpoint = *slot.object<Endpoint>();
    const Held held(endpoint.lock);
    const bool passive = !endpoint.passive_receivers.empty();
    WaitQueue& queue = passive ? endpoint.passive_receivers : endpoint.active_receivers;
    Thread* handler = queue.first();
    if (handler == nullptr || handler->next != nullptr) return nullptr;
    if (!may_enter(core, *handler, passive ? ThreadState::receiving_passive : ThreadState::receiving_active))
        return nullptr;
    if (passive && thread.loan_depth >= abi::call_depth) return nullptr;
    if (!passive && !try_go_on_with(core, handler->own_context)) return nullptr;
    queue.hot_clear();
    ipc::note_fault(thread, slot, kind);
    message::deliver(*handler, thread.message_badge, ipc::write_fault(thread, *handler));
    stop(core, passive ? ThreadState::faulted_donating : ThreadState::faulted_keeping, handler->reply);
    handler->reply->caller = &thread;
    handler->blocked_on = nullptr;
    if (passive) handler->loan_depth = static_cast<uint16_t>(thread.loan_depth + 1);
    handler->context = core.context;
    return enter(core, *handler);
}

}  // namespace selene::direct
