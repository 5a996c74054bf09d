// SPDX-License-Identifier: BSD-2-Clause
// Notifications between this program's threads, behind libsel's system calls.
#pragma once

#include <cstdint>
#include <functional>

#include <sel/notification.hpp>
#include <sel/objects.hpp>

/// A notification that lives as long as this object. Signal, wait and poll on capabilities to it do what the kernel's
/// do; any other system call, but Thread.set_priority, is a
/// logic error.
class FakeNotification {
public:
    FakeNotification();
    ~FakeNotification();
    FakeNotification(const FakeNotification&) = delete;
    FakeNotification& operator=(const FakeNotification&) = delete;

    [[nodiscard]] sel::Notification capability() const { return sel::Notification(sel::CapIndex(index_)); }

    /// How often it was signalled.
    [[nodiscard]] uint64_t signals() const;

    /// Destroys it: who waits is told `cancelled`, who comes later finds no capability.
    void destroy();

    /// System calls on all of them so far.
    [[nodiscard]] static uint64_t calls();

private:
    uint64_t index_;
};

/// What Thread.set_priority has made of threads; any capability is one.
struct FakePriorities {
    /// 0 if it was never set.
    [[nodiscard]] static uint64_t of(sel::Thread thread);
    /// Something that happens when somebody is about to set a priority next.
    static void before_next(std::function<void()> what);
};
