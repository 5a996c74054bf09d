// SPDX-License-Identifier: BSD-2-Clause
// Waiting threads by priority, first come first served among equals.
#pragma once

#include "object/thread.hpp"

namespace selene {

/// A list in the order of service (Thread::next, previous). Equals stand together; the first of a group, its leader,
/// knows the last one and that one the leader (Thread::group_last, group_leader; null in a group of one), so that
/// insertion visits one thread for each priority present and removal is O(1). Zeroed memory is an empty queue. A thread
/// in no queue has all four links null; the hot path counts on that, and on a lone waiter having them null, too.
///
///     head ── 200 leader ── 200 ── 200 last ── 100 ── 7 leader ── 7 last
class WaitQueue {
public:
    [[nodiscard]] bool empty() const { return head_ == nullptr; }
    [[nodiscard]] Thread* first() const { return head_; }
    void insert(Thread& thread) SELENE_REQUIRES(own_core);
    void remove(Thread& thread) SELENE_REQUIRES(own_core);

    // For the hot path: of a queue with one waiter, whose links are all null.
    void hot_clear() { head_ = nullptr; }
    void hot_set(Thread* lone) { head_ = lone; }

private:
    static Thread& last_of(Thread& leader) SELENE_REQUIRES(own_core) {
        return leader.group_last != nullptr ? *leader.group_last : leader;
    }
    static void join(Thread& leader, Thread& last) SELENE_REQUIRES(own_core);
    void link(Thread* before, Thread& thread, Thread* after) SELENE_REQUIRES(own_core);

    Thread* head_;
};
static_assert(sizeof(WaitQueue) == 8);

}  // namespace selene
