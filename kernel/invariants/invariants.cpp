// SPDX-License-Identifier: BSD-2-Clause
// The list of all invariants.
#include "invariants/invariants.hpp"

#include "invariants/object_checks.hpp"

namespace selene {

namespace {

using namespace invariant;
using enum Invariant::Cost;

constexpr Invariant list[] = {
    {"links_are_inverse", links_are_inverse, light},
    {"depths_are_legal", depths_are_legal, light},
    {"slots_have_homes", slots_have_homes, light},
    {"refuges_hold_dying_tables", refuges_hold_dying_tables, light},
    {"child_is_within_parent", child_is_within_parent, light},
    {"objects_have_one_origin", objects_have_one_origin, light},
    {"types_agree_with_objects", types_agree_with_objects, light},
    {"objects_lie_in_untyped", objects_lie_in_untyped, light},
    {"objects_are_aligned", objects_are_aligned, light},
    {"objects_are_disjoint", objects_are_disjoint, light},
    {"untypeds_are_nested", untypeds_are_nested, heavy},
    {"device_memory_is_frames", device_memory_is_frames, light},
    {"zeroed_memory_is_zero", zeroed_memory_is_zero, heavy},
    {"entries_agree_with_shadows", entries_agree_with_shadows, heavy},
    {"frames_agree_with_entries", frames_agree_with_entries, light},
    {"tables_record_where_they_hang", tables_record_where_they_hang, light},
    {"no_kernel_memory_is_mapped", no_kernel_memory_is_mapped, heavy},
    {"tags_are_injective", tags_are_injective, light},
    {"cached_values_agree", cached_values_agree, light},
    {"references_name_living_objects", references_name_living_objects, heavy},
    {"interrupt_lines_are_inverse", interrupt_lines_are_inverse, light},
    {"lines_are_masked_while_nobody_listens", lines_are_masked_while_nobody_listens, heavy},
    {"queues_name_their_waiters", queues_name_their_waiters, light},
    {"waiters_are_in_their_queues", waiters_are_in_their_queues, light},
    {"cancelling_names_a_sender", cancelling_names_a_sender, light},
    {"partners_do_not_wait", partners_do_not_wait, light},
    {"links_are_of_queues", links_are_of_queues, light},
    {"receivers_wait_by_their_time", receivers_wait_by_their_time, light},
    {"replies_are_inverse", replies_are_inverse, light},
    {"bound_pairs_are_inverse", bound_pairs_are_inverse, light},
    {"bitmaps_equal_queues", bitmaps_equal_queues, light},
    {"runnable_threads_are_known", runnable_threads_are_known, light},
    {"release_queue_is_ordered", release_queue_is_ordered, light},
    {"refills_are_at_most_the_maximum", refills_are_at_most_the_maximum, light},
    {"refills_are_in_order", refills_are_in_order, light},
    {"refills_sum_to_budget", refills_sum_to_budget, light},
    {"contexts_are_inverse", contexts_are_inverse, light},
    {"inactive_threads_hold_nothing", inactive_threads_hold_nothing, light},
    {"loans_count_their_links", loans_count_their_links, light},
};

}  // namespace

std::span<const Invariant> all_invariants() { return list; }

Violation find_violation_at_current(Core& core) {
    Thread* thread = core.current;
    if (thread == nullptr) return {};
    if (thread->state() != ThreadState::running)
        return {"the current thread runs", thread, "runnable_threads_are_known"};
    Violation violation = check_thread(*thread);
    if (!violation.found() && thread->task != nullptr) violation = check_task(*thread->task);
    violation.invariant = "cached_values_agree";
    if (violation.found()) return violation;
    violation = check_running_context(core, *thread);
    violation.invariant = "contexts_are_inverse";
    if (violation.found() || core.context == nullptr) return violation;
    violation = check_refill_count(*core.context);
    violation.invariant = "refills_are_at_most_the_maximum";
    if (violation.found()) return violation;
    violation = check_refill_order(*core.context);
    violation.invariant = "refills_are_in_order";
    if (violation.found()) return violation;
    violation = check_refill_sum(*core.context);
    violation.invariant = "refills_sum_to_budget";
    return violation;
}

Violation find_violation(Kernel& kernel, Core& core, Invariant::Cost most) {
    for (const Invariant& one : list) {
        if (one.cost > most) continue;
        Violation violation = one.function(kernel, core);
        if (!violation.found()) continue;
        violation.invariant = one.name;
        return violation;
    }
    return {};
}

}  // namespace selene
