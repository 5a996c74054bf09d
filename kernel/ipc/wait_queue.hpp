// SPDX-License-Identifier: BSD-2-Clause
// Waiting threads by priority, first come first served among equals.
#pragma once

#include "object/thread.hpp"

namespace selene {

/// A list of leaders, one for each priority present, highest first (Thread::next, previous); each leader is the oldest of a ring of equals (Thread::ring_next,
/// ring_previous). Zeroed memory is an empty queue. Insertion visits at most one leader for each priority present.
///
///     head ── leader 200 ── leader 100 ── leader 7
///                │ ring        │ ring
///              younger       younger, younger
class WaitQueue {
public:
    [[nodiscard]] bool empty() const { return head_ == nullptr; }
    [[nodiscard]] Thread* first() const { return head_; }
    void insert(Thread& thread);
    void remove(Thread& thread);

private:
    [[nodiscard]] bool leads(const Thread& thread) const { return head_ == &thread || thread.previous != nullptr; }

    Thread* head_;
};
static_assert(sizeof(WaitQueue) == 8);

}  // namespace selene
