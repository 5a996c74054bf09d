// SPDX-License-Identifier: BSD-2-Clause
// All invariants, in an order in which each may rely on those before it.
#include "invariants/invariants.hpp"

namespace selene {

Violation find_violation(Kernel& kernel, Core& core) {
    using namespace invariant;
    constexpr Function* all[] = {
        links_are_inverse,
        depths_are_legal,
        slots_have_homes,
        refuges_hold_dying_tables,
        child_is_within_parent,
        origin_is_within_untyped,
        objects_are_disjoint,
        entries_agree_with_shadows,
        frames_agree_with_entries,
        tags_are_injective,
        cached_values_agree,
        interrupt_lines_are_inverse,
        queues_name_their_waiters,
        waiters_are_in_their_queues,
        receivers_wait_by_their_time,
        replies_are_inverse,
        bound_pairs_are_inverse,
        bitmaps_equal_queues,
        runnable_threads_are_known,
        refills_sum_to_budget,
        contexts_are_inverse,
    };
    for (Function* check : all) {
        if (const Violation violation = check(kernel, core); violation.invariant != nullptr) return violation;
    }
    return {};
}

}  // namespace selene
