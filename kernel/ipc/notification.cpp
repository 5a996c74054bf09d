// SPDX-License-Identifier: BSD-2-Clause
// Notifications: signal, wait, and the methods.
#include "ipc/notification.hpp"

#include "abi/methods.hpp"
#include "ipc/ipc.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

using abi::Tag;

void signal(Core& core, Notification& notification, uint64_t bits) {
    const Held held(notification.lock);
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
    const Held held(notification.lock);
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

bool drain_step(Core& core, Notification& notification) {
    const Held held(notification.lock);
    if (Thread* thread = notification.waiters.first(); thread != nullptr) {
        cancel(core, *thread);
        return false;
    }
    if (notification.bound != nullptr) notification.bound->bound = nullptr;
    notification.bound = nullptr;
    return true;
}

}  // namespace selene::ipc

namespace selene {

using abi::ErrorCode;

Result<void> notification_bind(Invocation& call, const NotificationBind& arguments) {
    Notification& notification = *call.self.object<Notification>();
    const Held held(notification.lock);
    Thread& thread = *arguments.thread->object<Thread>();
    if (notification.bound != nullptr) return refuse(ErrorCode::already_bound, 0);
    if (thread.bound != nullptr) return refuse(ErrorCode::already_bound, 1);
    notification.bound = &thread;
    thread.bound = &notification;
    ipc::wake_bound(call.core, notification);
    return {};
}

Result<void> notification_unbind(Invocation& call) {
    Notification& notification = *call.self.object<Notification>();
    const Held held(notification.lock);
    if (notification.bound == nullptr) return refuse(ErrorCode::not_bound, 0);
    notification.bound->bound = nullptr;
    notification.bound = nullptr;
    return {};
}

}  // namespace selene
