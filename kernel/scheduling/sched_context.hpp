// SPDX-License-Identifier: BSD-2-Clause
// SchedContext: time on one core.
#pragma once

#include "base/ordered_tree.hpp"
#include "base/units.hpp"

namespace selene {

struct Core;
struct Thread;

/// A piece of budget and the time from which it may be used.
struct Refill {
    uint64_t time;
    uint64_t amount;
};

/// A sporadic server: what is used comes back one period after its use began. Equal budget and period is round robin:
/// one refill, full again at once. Invariants: refills are ordered by time and sum to the budget; `home` and
/// Thread::own_context are inverse; it is in the release queue exactly when its first refill lies ahead and `waiter`
/// waits for it. Lock: the core's.
struct alignas(64) SchedContext {
    Thread* home;       ///< the thread it is bound to
    Thread* waiter;     ///< without budget until the first refill
    Core* core;         ///< null until schedule control gives it time
    uint64_t budget;    ///< ticks
    uint64_t period;    ///< ticks
    uint64_t consumed;  ///< ticks since the last report
    uint16_t capacity;  ///< refills the object has room for
    uint16_t limit;     ///< refills in use at most
    uint16_t head;
    uint16_t count;
    uint64_t reserved;
    TreeNode release_node;
    uint64_t unused[4];
    Refill refills[];

    [[nodiscard]] bool round_robin() const { return budget == period; }
    [[nodiscard]] Refill& first() { return refills[head]; }
    [[nodiscard]] Refill& at(unsigned place) { return refills[(head + place) % limit]; }
    [[nodiscard]] Refill& last() { return at(count - 1u); }

    /// Start anew with the whole budget at `now`.
    void configure(uint64_t budget_ticks, uint64_t period_ticks, uint16_t refill_limit, Ticks now);
    /// Take `used` ticks off and plan their return.
    void charge(uint64_t used);
    /// Join what may be used at `now` to the first refill; whether that is at least `minimum`.
    [[nodiscard]] bool ready(Ticks now, uint64_t minimum);

private:
    void append(Refill refill);
    Refill pop();
};
static_assert(sizeof(SchedContext) == 128);

}  // namespace selene
