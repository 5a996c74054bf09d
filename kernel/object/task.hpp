// SPDX-License-Identifier: BSD-2-Clause
// Task: a protection domain.
#pragma once

#include <cstddef>

#include "base/units.hpp"
#include "capability/slot.hpp"

namespace selene {

struct PageTable;

/// Always empty, and in no table. In capability_space.cpp.
extern Slot no_slot;

/// Its table, address space, fault and time-out endpoint as capability slots; what system calls need of them stands
/// looked up in the first cache line and is cleared in the same step as the slot. `root` is 0 while the space has no
/// hardware tag.
struct alignas(64) Task {
    /// Slots of a flat table. If there is none, or it needs a look-up by guard and radix, one that is empty: so that
    /// nothing is found there in anticipation either, before it is known that no index is below a `count` of 0.
    Slot* table SELENE_GUARDED_BY(tree_lock);
    uint64_t count SELENE_GUARDED_BY(tree_lock);  ///< of them
    /// What machine::set_space takes; 0 if the space has no tag now or another task of the space has the value.
    uint64_t root SELENE_GUARDED_BY(tree_lock);
    PageTable* space SELENE_GUARDED_BY(tree_lock);  ///< null if there is none
    uint64_t reserved[4];

    Slot table_slot;
    Slot space_slot;
    Slot fault_slot;
    Slot timeout_slot;
    uint64_t unused[8];

    [[nodiscard]] Slot& slot(abi::TaskSlot where) {
        switch (where) {
        case abi::TaskSlot::table: return table_slot;
        case abi::TaskSlot::space: return space_slot;
        case abi::TaskSlot::fault_endpoint: return fault_slot;
        case abi::TaskSlot::timeout_endpoint: return timeout_slot;
        }
    }

    [[nodiscard]] bool has_flat_table() const SELENE_UNLOCKED { return count != 0; }
    void forget_table() SELENE_REQUIRES(tree_lock) {
        table = &no_slot;
        count = 0;
    }

    // Hints that IPC and the scheduler take without the lock: what they name outlives the stay in the kernel, and who
    // changes them sees to it that no core goes on in a space that is gone.
    [[nodiscard]] uint64_t root_hint() const SELENE_UNLOCKED { return root; }
    [[nodiscard]] bool has_space() const SELENE_UNLOCKED { return space != nullptr; }
};
static_assert(sizeof(Task) == 256 && offsetof(Task, count) == 8 && offsetof(Task, root) == 16 &&
              offsetof(Task, table_slot) == 64);

}  // namespace selene
