// SPDX-License-Identifier: BSD-2-Clause
// CapTable: an array of capability slots.
#pragma once

#include "base/ring.hpp"
#include "base/units.hpp"
#include "capability/slot.hpp"
#include "machine.hpp"

namespace selene {

/// A header of 64 bytes and `count` slots right behind it. While the table dies, its own origin lives in `refuge`, so
/// that it can be emptied slot by slot even if it held that origin itself.
///
///     +0  refuge   +32 dying ring   +48 cursor   +56 count, dying   +64 slot 0   +96 slot 1 ...
class alignas(64) CapTable {
public:
    void initialise(uint32_t count) { count_ = count; }

    [[nodiscard]] uint64_t count() const { return count_; }
    [[nodiscard]] Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
    /// The slot at `index`, null beyond the end or while the table dies.
    [[nodiscard]] Slot* slot(uint64_t index) {
        const machine::BoundedIndex bounded = machine::bounded(index, count_);
        return bounded.within && !dying() ? slots() + bounded.index : nullptr;
    }

    /// Without the lock it is a hint, as the capabilities in its slots are.
    [[nodiscard]] bool dying() const SELENE_UNLOCKED { return dying_ != 0; }
    [[nodiscard]] Slot& refuge() { return refuge_; }
    /// Nobody reaches it from now on. It joins a queue of dying tables unless it is in one.
    void begin_dying(RingNode& queue) SELENE_REQUIRES(tree_lock) {
        dying_ = 1;
        if (dying_node_.alone()) queue.append(dying_node_);
    }
    void end_dying() SELENE_REQUIRES(tree_lock) { dying_node_.remove(); }
    static CapTable& of_dying_node(RingNode& node) {
        return *reinterpret_cast<CapTable*>(reinterpret_cast<char*>(&node) - sizeof(Slot));
    }

    /// The next slot to empty, null when all are.
    [[nodiscard]] Slot* at_cursor() SELENE_REQUIRES(tree_lock) {
        return cursor_ < count_ ? slots() + cursor_ : nullptr;
    }
    void advance_cursor() SELENE_REQUIRES(tree_lock) { ++cursor_; }

private:
    Slot refuge_;
    RingNode dying_node_ SELENE_GUARDED_BY(tree_lock);
    uint64_t cursor_ SELENE_GUARDED_BY(tree_lock);
    uint32_t count_;  ///< never changes
    uint32_t dying_ SELENE_GUARDED_BY(tree_lock);
};
static_assert(sizeof(CapTable) == 64);

}  // namespace selene
