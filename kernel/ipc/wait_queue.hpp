// SPDX-License-Identifier: BSD-2-Clause
// Waiting threads by priority, first come first served among equals.
#pragma once

#include "object/thread.hpp"

namespace selene {

/// Equals form a ring in the order in which they came (Thread::next, previous); the first of them, their leader, stands
/// for them in a tree of leaders (Thread::lower). The tree is a heap, so the first to be served is its root, and a trie
/// at once: at depth d, bit 7 - d of a leader's priority says on which side of its parent it hangs. (A priority search
/// tree: McCreight, 1985.) So it is at most 9 high however many wait, and needs no balance: insertion, removal and a
/// look for the next lower group pass each depth once.
///
///                  head 200 ⟲ 200 ⟲ 200         ⟲ ring of equals
///        bit 7 clear /      \ set
///                100         180 ⟲ 180
///     bit 6 clear /           / clear
///               7           130
///
/// Zeroed memory is an empty queue. A thread in no queue has all four links null, and so has the lone waiter of a
/// queue: the hot path counts on both. Of other waiters `next` is never null; who has no equals is its own ring.
class WaitQueue {
public:
    [[nodiscard]] bool empty() const { return head_ == nullptr; }
    [[nodiscard]] Thread* first() const { return head_; }
    void insert(Thread& thread) SELENE_REQUIRES(own_core);
    void remove(Thread& thread) SELENE_REQUIRES(own_core);

    /// The leader of the highest priority that is lower than this (256: of all), null if there is none.
    [[nodiscard]] Thread* below(unsigned priority) const SELENE_REQUIRES(own_core);
    /// The waiter after this one in a walk that visits each group from its last to its first: who comes meanwhile
    /// does not make the rest of a group longer. Null behind the last.
    [[nodiscard]] Thread* behind_in_walk(const Thread& thread) SELENE_REQUIRES(own_core);
    [[nodiscard]] Thread* first_in_walk() const SELENE_REQUIRES(own_core) { return last_of(head_); }

    // For the hot path: of a queue with one waiter, whose links are all null.
    void hot_clear() { head_ = nullptr; }
    void hot_set(Thread* lone) { head_ = lone; }

private:
    static Thread* last_of(Thread* leader) SELENE_REQUIRES(own_core) {
        return leader != nullptr && leader->previous != nullptr ? leader->previous : leader;
    }
    /// Where the tree names the leader of this thread's group, which is in the queue.
    Thread*& place_of(const Thread& thread) SELENE_REQUIRES(own_core);

    Thread* head_;
};
static_assert(sizeof(WaitQueue) == 8);

}  // namespace selene
