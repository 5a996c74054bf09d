// SPDX-License-Identifier: BSD-2-Clause
// Notifications between this program's threads, behind libsel's system calls.
#pragma once

#include <cstdint>

#include <sel/notification.hpp>

/// A notification that lives as long as this object. Signal, wait and poll on capabilities to it do what the kernel's
/// do; any other system call is a logic error.
class FakeNotification {
public:
    FakeNotification();
    ~FakeNotification();
    FakeNotification(const FakeNotification&) = delete;
    FakeNotification& operator=(const FakeNotification&) = delete;

    [[nodiscard]] sel::Notification capability() const { return sel::Notification(sel::CapIndex(index_)); }

    /// Destroys it: who waits is told `cancelled`, who comes later finds no capability.
    void destroy();

    /// System calls on all of them so far.
    [[nodiscard]] static uint64_t calls();

private:
    uint64_t index_;
};
