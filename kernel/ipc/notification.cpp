// SPDX-License-Identifier: BSD-2-Clause
// Notification's methods.
#include "ipc/notification.hpp"

#include "abi/methods.hpp"
#include "ipc/ipc.hpp"

namespace selene {

using abi::ErrorCode;

Result<void> notification_bind(Invocation& call, const NotificationBind& arguments) {
    Notification& notification = *call.self.object<Notification>();
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
    if (notification.bound == nullptr) return refuse(ErrorCode::not_bound, 0);
    notification.bound->bound = nullptr;
    notification.bound = nullptr;
    return {};
}

}  // namespace selene
