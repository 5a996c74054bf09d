// SPDX-License-Identifier: BSD-2-Clause
// What must hold whenever the kernel is left: each invariant as a function over all state. docs/invariants.md lists them.
#pragma once

#include <span>

#include "scheduling/core.hpp"

namespace selene {

/// A broken invariant: its function's name, what is wrong in words, and the slot or object where that shows. `wrong` is
/// null if nothing is.
struct [[nodiscard]] Violation {
    const char* wrong = nullptr;
    const void* where = nullptr;
    const char* invariant = nullptr;  ///< set by find_violation

    [[nodiscard]] bool found() const { return wrong != nullptr; }
};

namespace invariant {

using Function = Violation(Kernel& kernel, Core& core);

// --- Derivation tree (derivation_invariants.cpp) --------------------------------------------------------------

/// The list of all capabilities is a ring: each link has its inverse, so it has no cycle but itself.
Function links_are_inverse;
/// Roots have depth 0, and no slot stands deeper than the limit.
Function depths_are_legal;
/// Every slot in the list lies in a table, task, thread or handler whose origin is in the list; every slot of these
/// that is not empty is in the list.
Function slots_have_homes;
/// The origin of a dying table, and nothing else, lies in its refuge.
Function refuges_hold_dying_tables;
/// A derived capability is to its parent's object, and is no more than it: rights, range, badge.
Function child_is_within_parent;
/// An object lives by one capability: what is derived has its object's origin above it, and no two origins are of one
/// object or one authority.
Function objects_have_one_origin;
/// Capabilities lie where their type belongs, and objects are what the capabilities to them say.
Function types_agree_with_objects;

// --- Memory of objects (memory_invariants.cpp) ----------------------------------------------------------------

/// Objects come from untyped: an origin's parent is an untyped that holds the object below its watermark.
Function objects_lie_in_untyped;
Function objects_are_aligned;
/// No two objects share memory.
Function objects_are_disjoint;
/// Two ranges of untyped memory are disjoint, or nested and one descends from the other.
Function untypeds_are_nested;
/// Device memory becomes frames only, marked as what they are, and other memory does not.
Function device_memory_is_frames;
/// Free memory that is said to be zero is zero.
Function zeroed_memory_is_zero;

// --- Mappings (mapping_invariants.cpp) ------------------------------------------------------------------------

/// An entry is what its shadow says: the frame of a slot, with no more rights, or a table.
Function entries_agree_with_shadows;
/// A frame's record names an entry whose shadow names the frame's slot.
Function frames_agree_with_entries;
/// A table knows its level and the entry in which it hangs, and hangs there.
Function tables_record_where_they_hang;
/// No mapped frame has memory of an object or of the kernel itself.
Function no_kernel_memory_is_mapped;
/// No two spaces share a hardware tag, and a task has a root value exactly when its space has a tag and names it.
Function tags_are_injective;

// --- Tasks, threads, interrupts (task_invariants.cpp) ---------------------------------------------------------

/// What a task or thread has looked up is what its slots hold.
Function cached_values_agree;
/// A pointer from one object to another names one that lives.
Function references_name_living_objects;
/// A line has a handler exactly when it has been issued to that handler.
Function interrupt_lines_are_inverse;
/// A line is unmasked exactly when a handler has it that has somebody to tell; and the kernel's timer.
Function lines_are_masked_while_nobody_listens;

// --- IPC (ipc_invariants.cpp) ---------------------------------------------------------------------------------

/// Queues are in order of priority and name only threads whose state says so.
Function queues_name_their_waiters;
/// A thread whose state names a queue is in it.
Function waiters_are_in_their_queues;
/// While sends are being cancelled, whoever is looked at next waits at that endpoint to be received.
Function cancelling_names_a_sender;
/// Who could serve each other does not wait: no donor beside a receiver with a Reply, no sender beside one with a
/// budget, no bits beside a waiter.
Function partners_do_not_wait;
/// A thread in no queue has no links of one.
Function links_are_of_queues;
/// A receiver waits as its time says: passive without any of its own, active with; both with a Reply, a plain one
/// without.
Function receivers_wait_by_their_time;
/// Caller, Reply and holder name each other.
Function replies_are_inverse;
/// A notification and its bound thread name each other.
Function bound_pairs_are_inverse;

// --- Scheduling (scheduling_invariants.cpp) -------------------------------------------------------------------

/// Ready queues hold ready threads of their priority, and the bitmap says which are not empty.
Function bitmaps_equal_queues;
/// A runnable thread is current, ready, or waits for its context's release; never lost, never twice.
Function runnable_threads_are_known;
/// The release queue holds, in order of time, the contexts somebody waits for.
Function release_queue_is_ordered;
/// A context has at least one refill and at most its maximum, which its object has room for.
Function refills_are_at_most_the_maximum;
Function refills_are_in_order;
Function refills_sum_to_budget;
/// Context and thread name each other; a context is what at most one thread runs on: its own, or the one at the end of
/// the chain through which it is lent.
Function contexts_are_inverse;
/// A thread that cannot run has nothing lent.
Function inactive_threads_hold_nothing;
Function loans_count_their_links;

}  // namespace invariant

struct Invariant {
    /// What a check costs: in proportion to the capabilities, slots and threads that there are; or to their pairs, to
    /// page-table entries, to memory, to device registers.
    enum class Cost : uint8_t { light, heavy };

    const char* name;
    invariant::Function* function;
    Cost cost;
};

/// All invariants, in an order in which each may rely on those before it.
std::span<const Invariant> all_invariants();

/// The first invariant that is broken for the current thread, its task or what it runs on. Takes a time of its own.
Violation find_violation_at_current(Core& core);

/// The first invariant of these costs that is broken.
Violation find_violation(Kernel& kernel, Core& core, Invariant::Cost most = Invariant::Cost::heavy);

}  // namespace selene
