// SPDX-License-Identifier: BSD-2-Clause
// When the debug kernel checks the invariants, and what that costs.
#include "invariants/invariant_watch.hpp"

#include "invariants/object_walk.hpp"

namespace selene {

Violation InvariantWatch::after_entry(Core& core) {
    earned_ += config::watched_per_entry;
    const bool heavy = ++entries_ % config::entries_between_heavy_checks == 0;
    if (!heavy && earned_ < work_) return find_violation_at_current(core);
    earned_ = 0;
    work_ = work_of_a_check(*core.kernel);
    return find_violation(*core.kernel, core, heavy ? Invariant::Cost::heavy : Invariant::Cost::light);
}

uint64_t InvariantWatch::work_of_a_check(Kernel& kernel) {
    constexpr uint64_t empty_slots_like_one = 16;
    uint64_t work = 0;
    // A list that has lost its ring is found by the check, so this walk stops where a link has no inverse.
    for (Slot* slot = kernel.tree.anchor().next(); slot != &kernel.tree.anchor(); slot = slot->next()) {
        if (slot->next()->previous() != slot) break;
        ++work;
        if (slot->origin() && slot->type() == CapType::cap_table)
            work += slot->object<CapTable>()->count() / empty_slots_like_one;
    }
    return work;
}

}  // namespace selene
