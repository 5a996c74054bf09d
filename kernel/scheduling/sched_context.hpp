// SPDX-License-Identifier: BSD-2-Clause
// SchedContext: time on one core.
#pragma once

#include <algorithm>
#include <optional>

#include "base/lock.hpp"
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

/// A sporadic server: what is used comes back one period after its use began, or later: what falls into more pieces than
/// it has room for is joined, and what was used beyond the budget is waited for. Equal budget and period is round
/// robin: one refill, full again at once. Invariants: refills are ordered by time and sum to the budget; `home` and
/// Thread::own_context are inverse; it is in the release queue exactly when its first refill lies ahead and `waiter`
/// waits for it.
struct alignas(64) SchedContext {
    Thread* home SELENE_GUARDED_BY(own_core);       ///< the thread it is bound to
    Thread* waiter SELENE_GUARDED_BY(own_core);     ///< without budget until the first refill
    Core* core SELENE_GUARDED_BY(own_core);         ///< null until schedule control gives it time
    uint64_t budget SELENE_GUARDED_BY(own_core);    ///< ticks
    uint64_t period SELENE_GUARDED_BY(own_core);    ///< ticks
    uint64_t consumed SELENE_GUARDED_BY(own_core);  ///< ticks since the last report
    uint16_t capacity;                              ///< refills the object has room for; never changes
    uint16_t limit SELENE_GUARDED_BY(own_core);     ///< refills in use at most
    uint16_t head SELENE_GUARDED_BY(own_core);
    uint16_t count SELENE_GUARDED_BY(own_core);
    uint64_t reserved;
    TreeNode release_node SELENE_GUARDED_BY(own_core);
    uint64_t unused[4];
    Refill refills[] SELENE_GUARDED_BY(own_core);

    [[nodiscard]] bool round_robin() const SELENE_REQUIRES(own_core) { return budget == period; }
    [[nodiscard]] Refill& first() SELENE_REQUIRES(own_core) { return refills[head]; }
    [[nodiscard]] const Refill& first() const SELENE_REQUIRES(own_core) { return refills[head]; }
    /// Of a place up to `count`.
    [[nodiscard]] Refill& at(unsigned place) SELENE_REQUIRES(own_core) { return refills[wrapped(head + place)]; }
    [[nodiscard]] const Refill& at(unsigned place) const SELENE_REQUIRES(own_core) {
        return refills[wrapped(head + place)];
    }
    [[nodiscard]] Refill& last() SELENE_REQUIRES(own_core) { return at(count - 1u); }

    /// Start anew with the whole budget at `now`.
    void configure(uint64_t budget_ticks, uint64_t period_ticks, uint16_t refill_limit, Ticks now)
        SELENE_REQUIRES(own_core);
    /// Take off what has been used up to `now`, in ticks, and plan its return.
    void charge(uint64_t used, Ticks now) SELENE_REQUIRES(own_core);
    /// Join what may be used at `now` to the first refill; whether that is at least `minimum`.
    [[nodiscard]] bool ready(Ticks now, uint64_t minimum) SELENE_REQUIRES(own_core);

    // Direct switches, and common cases of these two.

    /// charge, if it is round robin: its one refill is the first.
    void charge_round_robin(uint64_t used) SELENE_REQUIRES(own_core) {
        consumed += used;
        refills[0].amount = used < refills[0].amount ? refills[0].amount - used : 0;
    }
    /// ready, and how much can be used from `now` on. Nothing: it is no such case, and nothing has happened.
    [[nodiscard]] std::optional<uint64_t> ready_simply(Ticks now, uint64_t minimum) SELENE_REQUIRES(own_core) {
        if (round_robin()) [[likely]] {
            if (refills[0].amount < minimum) return {};
            return refills[0].amount;
        }
        Refill& piece = first();
        if (piece.amount < minimum || piece.time > now.value()) return {};
        if (count > 1 && at(1).time <= now.value() + piece.amount) return {};
        piece.time = now.value();
        return piece.amount;
    }

private:
    /// A division would take longer, and budgets have many pieces.
    [[nodiscard]] unsigned wrapped(unsigned place) const SELENE_REQUIRES(own_core) {
        return place < limit ? place : place - limit;
    }
    void append(Refill refill) SELENE_REQUIRES(own_core) {
        // What was used without a pause comes back without one, however often it was charged.
        if (last().time + last().amount == refill.time) {
            last().amount += refill.amount;
            return;
        }
        if (count == limit) {
            // No room to remember it apart: what comes before it is late, so that they follow each other.
            last().time = std::max(last().time, refill.time - last().amount);
            last().amount += refill.amount;
            return;
        }
        ++count;
        last() = refill;
    }
    Refill pop() SELENE_REQUIRES(own_core);
};
static_assert(sizeof(SchedContext) == 128);

}  // namespace selene
