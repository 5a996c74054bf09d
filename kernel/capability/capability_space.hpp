// SPDX-License-Identifier: BSD-2-Clause
// Capability look-up: from an index to a slot.
#pragma once

#include "base/result.hpp"
#include "base/units.hpp"
#include "machine.hpp"
#include "object/task.hpp"

namespace selene {

/// The guard of a capability to a table: bits of an index that it stands for, and how many.
struct Guard {
    using Bits = Field<5, 0, unsigned>;
    using Value = Field<63, 6>;

    unsigned bits;
    uint64_t value;

    static Guard of(Capability capability) { return {Bits::of(capability.word1()), Value::of(capability.word1())}; }
};

/// The same, of a task whose table is not flat.
[[nodiscard]] Result<Slot*> look_up_linked(Task& task, CapIndex index, unsigned argument) SELENE_UNLOCKED;

/// The slot that `index` names in a flat table, null if it names none there.
[[nodiscard]] inline Slot* look_up_flat(Task& task, CapIndex index) SELENE_UNLOCKED {
    const machine::BoundedIndex slot = machine::bounded(index.value(), task.count);
    return slot.within ? task.table + slot.index : nullptr;
}

/// The slot that `index` names in a task's capability space; `argument` is for the error. The usual space is one flat
/// table and the index its slot's number; a table with a guard is the root of a space that resolves all 64 bits of the
/// index by guard and radix, as CapDL's cnodes do. No lock is needed: it finds a hint, as what the slot holds is one.
[[nodiscard]] inline Result<Slot*> look_up(Task& task, CapIndex index, unsigned argument) SELENE_UNLOCKED {
    if (Slot* slot = look_up_flat(task, index); slot != nullptr) [[likely]]
        return slot;
    return look_up_linked(task, index, argument);
}

/// Whether a table installed with this capability can be used flat.
[[nodiscard]] bool is_flat(Capability table);

}  // namespace selene
