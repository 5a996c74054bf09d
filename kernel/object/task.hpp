// SPDX-License-Identifier: BSD-2-Clause
// Task: a protection domain.
#pragma once

#include <cstddef>

#include "base/units.hpp"
#include "capability/slot.hpp"

namespace selene {

struct PageTable;

/// Its table, address space and fault endpoint as capability slots; what system calls need of them stands looked up in
/// the first cache line and is cleared in the same step as the slot. `root` is 0 while the space has no hardware tag.
/// Lock: the derivation tree's; IPC reads the first line without it.
struct alignas(64) Task {
    Slot* table;     ///< slots of a flat table, null if there is none or it needs a look-up by guard and radix
    uint64_t count;  ///< of them
    /// What machine::set_space takes; 0 if the space has no tag now or another task of the space has the value.
    uint64_t root;
    PageTable* space;  ///< null if there is none
    uint64_t reserved[4];

    Slot table_slot;
    Slot space_slot;
    Slot fault_slot;
    uint64_t unused[12];
};
static_assert(sizeof(Task) == 256 && offsetof(Task, count) == 8 && offsetof(Task, root) == 16 &&
              offsetof(Task, table_slot) == 64);

}  // namespace selene
