// SPDX-License-Identifier: BSD-2-Clause
// Notification: a word of bits that signals set and a wait takes.
#pragma once

#include "ipc/wait_queue.hpp"

namespace selene {

struct InterruptHandler;

/// Bits and waiters never stand side by side: a signal that finds a waiter is taken by it.
struct alignas(64) Notification {
    uint64_t bits SELENE_GUARDED_BY(lock);
    WaitQueue waiters SELENE_GUARDED_BY(lock);
    Thread* bound SELENE_GUARDED_BY(lock);  ///< inverse of Thread::bound
    Lock lock SELENE_AFTER(tree_lock);
    uint64_t unused[4];

    /// Whether nobody waits, nor would if it received.
    [[nodiscard]] bool idle() const SELENE_UNLOCKED { return waiters.empty() && bound == nullptr; }
};
static_assert(sizeof(Notification) == 64);

}  // namespace selene
