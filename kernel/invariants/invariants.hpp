// SPDX-License-Identifier: BSD-2-Clause
// What must hold whenever the kernel is left: each invariant as a function over all state.
#pragma once

#include "scheduling/core.hpp"

namespace selene {

/// A broken invariant and the slot or object where that shows; `invariant` is null if nothing is broken.
struct [[nodiscard]] Violation {
    const char* invariant = nullptr;
    const void* where = nullptr;
};

/// The first invariant that is broken.
Violation find_violation(Kernel& kernel, Core& core);

/// Each takes time in proportion to the capabilities there are, or says otherwise.
namespace invariant {

using Function = Violation(Kernel& kernel, Core& core);

// --- Derivation tree (derivation_invariants.cpp) --------------------------------------------------------------

Function links_are_inverse;
/// Roots have depth 0, and no slot stands deeper than the limit.
Function depths_are_legal;
/// A derived capability is to its parent's object, and is no more than it: rights, badge.
Function child_is_within_parent;
/// Objects come from untyped: an origin's parent is an untyped that holds the object below its watermark; device memory
/// becomes only frames.
Function origin_is_within_untyped;
/// Origins below the same untyped are of memory that does not overlap. Quadratic in the children of one untyped.
Function objects_are_disjoint;
/// Every slot in the list lies in a table, task, thread or handler whose origin is in the list; every slot of these
/// that is not empty is in the list. Capabilities times containers.
Function slots_have_homes;
/// The origin of a dying table, and nothing else, lies in its refuge.
Function refuges_hold_dying_tables;

// --- Memory (mapping_invariants.cpp) --------------------------------------------------------------------------

/// An entry is what its shadow says: the frame of a slot, with no more rights, or a table that knows where it hangs.
Function entries_agree_with_shadows;
/// A frame's record names an entry whose shadow names the frame's slot.
Function frames_agree_with_entries;
/// No two spaces share a hardware tag, and a task has a root value exactly when its space has a tag and names it.
Function tags_are_injective;

// --- Tasks and threads (task_invariants.cpp) ------------------------------------------------------------------

/// What a task or thread has looked up is what its slots hold.
Function cached_values_agree;
Function interrupt_lines_are_inverse;

// --- IPC (ipc_invariants.cpp) ---------------------------------------------------------------------------------

/// Queues are in order of priority and name only threads whose state says so. A waiter is found by walking its queue.
Function queues_name_their_waiters;
Function waiters_are_in_their_queues;
/// A receiver waits as its time says: passive without any of its own, active with; both with a Reply, a plain one
/// without.
Function receivers_wait_by_their_time;
Function replies_are_inverse;
Function bound_pairs_are_inverse;

// --- Scheduling (scheduling_invariants.cpp) -------------------------------------------------------------------

/// Ready queues hold ready threads of their priority, and the bitmap says which are not empty.
Function bitmaps_equal_queues;
/// A runnable thread is current, ready, or waits for its context's release; never lost, never twice.
Function runnable_threads_are_known;
/// Refills are in order and sum to the budget.
Function refills_sum_to_budget;
/// Context and thread name each other; a context is what at most one thread runs on.
Function contexts_are_inverse;

}  // namespace invariant

}  // namespace selene
