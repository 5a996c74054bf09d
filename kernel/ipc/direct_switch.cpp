// SPDX-License-Identifier: BSD-2-Clause
// The cases in which a switch takes no choice.
#include "ipc/direct_switch.hpp"

#include <optional>

#include "abi/ipc_buffer.hpp"
#include "base/assert.hpp"
#include "capability/capability_space.hpp"
#include "ipc/ipc.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/scheduler.hpp"
#include "scheduling/switching.hpp"

namespace selene::direct {

using abi::SystemCall;
using abi::Tag;

namespace {

constexpr unsigned reply_register = 10;

// --- Who goes on, and who stops ------------------------------------------------------------------------------

/// The root of the space of `next`, which its queue or its Reply says is in a state to go on, if it may run instead of the
/// current thread, else 0.
uint64_t root_to_enter(const Core& core, const Thread& next) SELENE_REQUIRES(own_core) {
    return scheduler::may_go_on(machine::core_word(core), next.summary) ? next.task->root_hint() : 0;
}

/// Let it, in place of the thread that was current, on the core's context.
[[gnu::always_inline]] inline Thread* enter(Core& core, const Thread& thread, Thread& next, uint64_t root)
    SELENE_REQUIRES(own_core) {
    if (((thread.summary | next.summary) & uint32_t{state_uses_fpu} << state_shift) != 0) [[unlikely]]
        machine::switch_fpu(core, next);
    next.set_state(ThreadState::running);
    next.lost_time = LostTime::none;
    core.current = &next;
    machine::set_space(root);
    return &next;
}

void stop(Thread& thread, ThreadState state, void* on) SELENE_REQUIRES(own_core) {
    thread.change_state(ThreadState::running, state);
    thread.blocked_on = on;
}

/// The core's context, charged up to `now`, goes with the current thread, which stops; of this one `amount` can be used.
[[gnu::always_inline]] inline void go_on_with(Core& core, Thread& thread, SchedContext& to, Ticks now, uint64_t amount)
    SELENE_REQUIRES(own_core) {
    thread.context = core.context;
    core.context = &to;
    core.charged_until = now.value();
    scheduler::set_timer(core, now.value() + amount);
}

[[gnu::noinline, clang::preserve_most]] bool try_sporadic(Core& core, Thread& thread, SchedContext& to)
    SELENE_REQUIRES(own_core) {
    const Ticks now = machine::now();
    const std::optional<uint64_t> amount = to.ready_simply(now, core.kernel->minimum_budget);
    if (!amount) return false;
    scheduler::charge(core, now);
    go_on_with(core, thread, to, now, *amount);
    return true;
}

/// Charge the core's context and go on with this one, if it can be used at once. What the caller has in registers stays
/// there: this is small, and its own case of round robin calls nothing.
[[gnu::noinline, clang::preserve_most]] bool try_go_on_with(Core& core, Thread& thread, SchedContext* to)
    SELENE_REQUIRES(own_core) {
    if (to == nullptr || to->core != &core) return false;
    SchedContext& from = *core.context;
    if (((from.budget ^ from.period) | (to->budget ^ to->period)) != 0) return try_sporadic(core, thread, *to);
    const Ticks now = machine::now();
    const uint64_t amount = to->refills[0].amount;
    if (amount < core.kernel->minimum_budget) return false;
    from.charge_round_robin(now.value() - core.charged_until);
    go_on_with(core, thread, *to, now, amount);
    return true;
}

/// The ready thread that is to go on when the current one stops, and the root of its space: 0 if there is none that may at
/// once. Who is in a ready queue is neither stopped nor another core's.
struct Heir {
    Thread* thread;
    uint64_t root;
};
Heir heir(const Core& core) SELENE_REQUIRES(own_core) {
    Thread* next = core.ready.first(static_cast<uint8_t>(machine::core_word(core)));
    return {next, next != nullptr ? next->task->root_hint() : 0};
}
Thread* succeed(Core& core, const Thread& thread, Heir next) SELENE_REQUIRES(own_core) {
    // Whether floating-point registers are in the machine is said by `enter`.
    machine::set_core_word(core, core.ready.pop(*next.thread));
    return enter(core, thread, *next.thread, next.root);
}

/// What the system call of who is woken returns in x0 and x1.
struct Delivery {
    uint64_t x0;
    Tag tag;
};

/// Let the first of a queue go on, who waits there for something that has come, now or in its turn. Null: nothing has
/// happened.
Thread* wake(Core& core, WaitQueue& queue, Delivery delivery) SELENE_REQUIRES(own_core) {
    Thread& woken = *queue.first();
    if (woken.next != nullptr) return nullptr;
    if (Thread& thread = *core.current; woken.priority() > thread.priority()) {
        const uint64_t root = root_to_enter(core, woken);
        if (root == 0 || !try_go_on_with(core, thread, woken.context)) return nullptr;
        queue.hot_clear();
        message::deliver(woken, delivery.x0, delivery.tag);
        woken.blocked_on = nullptr;
        thread.lost_time = LostTime::used_up;
        thread.change_state(ThreadState::running, ThreadState::ready);
        [[clang::always_inline]] core.ready.prepend(thread);
        machine::set_core_word(core, thread.priority());
        return enter(core, thread, woken, root);
    }
    if (woken.stopped() || woken.context == nullptr || woken.context->core != &core) return nullptr;
    queue.hot_clear();
    message::deliver(woken, delivery.x0, delivery.tag);
    woken.blocked_on = nullptr;
    scheduler::enqueue(core, woken);
    return core.current;
}

// --- Messages ------------------------------------------------------------------------------------------------

/// Whether a message carries words alone, and there is a buffer for them.
bool is_plain(const Thread& sender, const Thread& receiver, Tag tag) SELENE_REQUIRES(own_core) {
    const auto length = static_cast<uint32_t>(tag.raw());
    return length <= abi::register_words ||
           (length <= abi::message_words && sender.buffer != nullptr && receiver.buffer != nullptr);
}

/// Whether no capability could come with a message.
bool has_no_window(const Thread& thread) SELENE_REQUIRES(own_core) {
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
    Thread* next = wake(core, queue, {capability.word1(), tag.with_sent()});
    if (next == nullptr) return nullptr;
    message::copy_words(thread, *receiver, tag);
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
    if (!queue.empty() || !endpoint.donors.empty() || !endpoint.senders.empty()) return nullptr;
    if (Notification* bound = thread.bound; bound != nullptr) {
        bound->lock.assert_held();
        if (bound->bits != 0) return nullptr;
    }
    if (!has_no_window(thread)) return nullptr;
    const Heir next = heir(core);
    if (next.root == 0 || !try_go_on_with(core, thread, next.thread->context)) return nullptr;
    if (!plain) thread.reply->endpoint = thread.registers.x[0];
    stop(thread, plain ? ThreadState::receiving_plain : ThreadState::receiving_active, &endpoint);
    queue.hot_set(&thread);
    return succeed(core, thread, next);
}

Thread* yield(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    const Heir next = heir(core);
    if (next.root == 0 || next.thread->priority() != thread.priority()) return nullptr;
    if (!try_go_on_with(core, thread, next.thread->context)) return nullptr;
    thread.lost_time = LostTime::used_up;
    thread.change_state(ThreadState::running, ThreadState::ready);
    core.ready.rotate(thread);
    message::deliver(thread, 0, Tag{});
    return enter(core, thread, *next.thread, next.root);
}

}  // namespace

Thread* signal(Core& core, Notification& notification, uint64_t bits) {
    const Held held(notification.lock);
    if (!notification.waiters.empty()) return wake(core, notification.waiters, {bits, Tag{}});
    Thread* bound = notification.bound;
    if (bound == nullptr || bound->state() != ThreadState::receiving_active) return nullptr;
    Endpoint& endpoint = *static_cast<Endpoint*>(bound->blocked_on);
    const Held endpoint_held(endpoint.lock);
    // If another is the first, none of the two is alone.
    Thread* next = wake(core, endpoint.active_receivers, {notification.bits | bits, Tag{}.with_signal()});
    if (next != nullptr) notification.bits = 0;
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

Thread* wait(Core& core, Thread& thread, Notification& notification) {
    const Held held(notification.lock);
    if (!notification.waiters.empty()) return nullptr;
    const Heir next = heir(core);
    if (next.root == 0 || !try_go_on_with(core, thread, next.thread->context)) return nullptr;
    notification.waiters.hot_set(&thread);
    stop(thread, ThreadState::waiting, &notification);
    return succeed(core, thread, next);
}

Thread* call(Core& core, Thread& thread, Endpoint& endpoint, uint64_t badge) {
    const Held held(endpoint.lock);
    SELENE_ASSERT(endpoint.passive_receivers.empty() && Tag(thread.registers.x[1]).length() <= abi::register_words);
    Thread* server = endpoint.active_receivers.first();
    if (server == nullptr || server->next != nullptr) return nullptr;
    const uint64_t root = root_to_enter(core, *server);
    if (root == 0 || !try_go_on_with(core, thread, server->own_context)) return nullptr;
    endpoint.active_receivers.hot_clear();
    message::copy_registers(thread, *server);
    message::deliver(*server, badge, Tag(thread.registers.x[1]));
    stop(thread, ThreadState::called_keeping, server->reply);
    server->reply->caller = &thread;
    server->blocked_on = nullptr;
    return enter(core, thread, *server, root);
}

Thread* reply_receive(Core& core, Thread& thread, Endpoint& endpoint, Reply& reply) {
    const Held held(endpoint.lock);
    SELENE_ASSERT(endpoint.passive_receivers.empty() && endpoint.donors.empty());
    SELENE_ASSERT(&reply == thread.reply && reply.caller != nullptr && reply.settled == Settled::no);
    SELENE_ASSERT(Tag(thread.registers.x[1]).length() <= abi::register_words);
    Thread& caller = *reply.caller;
    const ThreadState state = caller.state();
    const Tag tag(thread.registers.x[1]);
    const bool passive = thread.own_context == nullptr;
    const bool called = state == ThreadState::called_keeping;
    if (passive ? state != ThreadState::faulted_donating : !called && state != ThreadState::faulted_keeping)
        return nullptr;
    if ((!called && tag.raw() != 0) || !has_no_window(thread)) return nullptr;
    const uint64_t root = root_to_enter(core, caller);
    if (root == 0) return nullptr;
    if (passive) {
        thread.context = nullptr;
        endpoint.passive_receivers.hot_set(&thread);
        stop(thread, ThreadState::receiving_passive, &endpoint);
    } else {
        if (!endpoint.active_receivers.empty() || !endpoint.senders.empty()) return nullptr;
        if (!try_go_on_with(core, thread, caller.context)) return nullptr;
        endpoint.active_receivers.hot_set(&thread);
        stop(thread, ThreadState::receiving_active, &endpoint);
        if (called) {
            message::copy_registers(thread, caller);
            message::deliver(caller, 0, tag);
        }
    }
    reply.endpoint = thread.registers.x[0];
    reply.caller = nullptr;
    caller.blocked_on = nullptr;
    return enter(core, thread, caller, root);
}

Thread* perform(Core& core, Thread& thread, SystemCall number) {
    switch (number) {
    case SystemCall::send: return send(core, thread);
    case SystemCall::receive: return receive(core, thread);
    case SystemCall::yield: return yield(core, thread);
    default: return nullptr;
    }
}

Thread* raise_fault(Core& core, Thread& thread, abi::FaultKind kind) {
    const Slot& slot = thread.task->fault_slot;
    if (Capability::TypeWrite::of(slot.capability().word0()) != Capability::type_write(CapType::installed_endpoint))
        return nullptr;
    Endpoint& endpoint = *slot.object<Endpoint>();
    const Held held(endpoint.lock);
    Thread* handler = endpoint.passive_receivers.first();
    const bool passive = handler != nullptr;
    if (!passive) handler = endpoint.active_receivers.first();
    if (handler == nullptr || handler->next != nullptr) return nullptr;
    const uint64_t root = root_to_enter(core, *handler);
    if (root == 0) return nullptr;
    if (passive) {
        if (handler->state() == ThreadState::unfinished || thread.loan_depth >= abi::call_depth) return nullptr;
        handler->loan_depth = static_cast<uint16_t>(thread.loan_depth + 1);
        endpoint.passive_receivers.hot_clear();
        stop(thread, ThreadState::faulted_donating, handler->reply);
    } else {
        if (!try_go_on_with(core, thread, handler->own_context)) return nullptr;
        endpoint.active_receivers.hot_clear();
        stop(thread, ThreadState::faulted_keeping, handler->reply);
    }
    ipc::note_fault(thread, slot, kind);
    message::deliver(*handler, thread.message_badge, ipc::write_fault(thread, *handler));
    handler->reply->caller = &thread;
    handler->blocked_on = nullptr;
    return enter(core, thread, *handler, root);
}

}  // namespace selene::direct
