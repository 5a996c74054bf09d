// SPDX-License-Identifier: BSD-2-Clause
// Unmap: taking away all that descends from a capability.
#pragma once

#include "base/result.hpp"
#include "scheduling/core.hpp"
#include "syscall/preemption.hpp"

namespace selene {

/// Removes everything below `root` and, with KeepRoot::self, the capability in it, objects included. Root-first for
/// authority, origin-last for objects, no recursion, O(1) a step. Returns false when it has to make way for an
/// interrupt or when the invoker is gone: the same call goes on where this one stopped, since all progress is in the
/// tree and in the invoker's queue of dying tables (Thread::dying_tables).
///
/// A step looks at the node right after the root in pre-order:
///   a derived capability or an untyped   is emptied; what hung below it hangs below the root then
///   an origin with derived capabilities  loses the first of these
///   an origin without                    its object ends, step by step, and it is emptied
///   the origin of a table                moves to the table's refuge; the table dies: nobody reaches it, and it is
///                                        emptied slot by slot in the same way. A table's origin below a slot of a
///                                        dying table goes to its refuge in front of that slot, so cycles end.
[[nodiscard]] bool unmap(Core& core, Slot& root, abi::KeepRoot keep, PreemptionPoint& preemption)
    SELENE_REQUIRES(tree_lock, own_core);

/// The same in one step, of a derived capability below which nothing hangs; false: it is another, or a mapped frame's.
[[nodiscard]] bool remove_leaf(Slot& slot) SELENE_REQUIRES(tree_lock);

/// Work off the tables that a preempted unmap by the current thread has left dying. False: make way for an interrupt,
/// or the thread is gone.
[[nodiscard]] bool bury_dying_tables(Core& core, PreemptionPoint& preemption) SELENE_REQUIRES(tree_lock, own_core);

}  // namespace selene
