// SPDX-License-Identifier: BSD-2-Clause
// What unmap has to take away, found the plain way.
#pragma once

#include <set>
#include <vector>

#include "abi/types.hpp"
#include "capability/derivation_tree.hpp"
#include "object/cap_table.hpp"
#include "object/interrupt_handler.hpp"
#include "object/task.hpp"
#include "object/thread.hpp"

namespace selene::test {

using SlotSet = std::set<const Slot*>;

inline SlotSet all_slots(DerivationTree& tree) {
    SlotSet slots;
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) slots.insert(slot);
    return slots;
}

/// The slots that the object of an origin holds.
inline std::vector<Slot*> held_by(const Slot& origin) {
    std::vector<Slot*> slots;
    if (!origin.origin()) return slots;
    if (origin.type() == CapType::cap_table) {
        auto& table = *origin.object<CapTable>();
        for (uint64_t i = 0; i < table.count(); ++i) slots.push_back(table.slots() + i);
    } else if (origin.type() == CapType::task) {
        auto& task = *origin.object<Task>();
        slots = {&task.table_slot, &task.space_slot, &task.fault_slot, &task.timeout_slot};
    } else if (origin.type() == CapType::thread) {
        auto& thread = *origin.object<Thread>();
        slots = {&thread.task_slot, &thread.buffer_slot};
    } else if (origin.type() == CapType::interrupt_handler) {
        slots = {&origin.object<InterruptHandler>()->notification_slot};
    }
    return slots;
}

/// All slots but those that an unmap of `root` takes: what hangs below it, and with each origin what the object's slots
/// hold and what hangs below these.
inline SlotSet without_closure(DerivationTree& tree, Slot& root, abi::KeepRoot keep) {
    SlotSet gone;
    std::vector<Slot*> work;
    const auto take = [&](Slot& slot) {
        if (!slot.empty() && gone.insert(&slot).second) work.push_back(&slot);
    };
    const auto take_below = [&](Slot& slot) {
        for (Slot* node = slot.next(); node != &tree.anchor() && slot.has_below(node); node = node->next()) take(*node);
    };
    take_below(root);
    if (keep == abi::KeepRoot::self) take(root);
    while (!work.empty()) {
        Slot* slot = work.back();
        work.pop_back();
        take_below(*slot);
        for (Slot* held : held_by(*slot)) take(*held);
    }
    SlotSet left;
    for (const Slot* slot : all_slots(tree)) {
        if (!gone.contains(slot)) left.insert(slot);
    }
    return left;
}

}  // namespace selene::test
