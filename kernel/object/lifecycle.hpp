// SPDX-License-Identifier: BSD-2-Clause
// What happens to objects when capabilities go: the bridge from the derivation tree to the object types.
#pragma once

#include "scheduling/core.hpp"

namespace selene::lifecycle {

/// Empty a slot that is not the origin of a living object: undo what hangs on this one capability (a mapping, a place
/// in a task), then take it out of the tree.
void remove_capability(Core& core, Slot& slot) SELENE_REQUIRES(tree_lock, own_core);

/// Whether nobody but the derivation tree has to know when this slot is emptied and, if it is the origin, its object
/// ends: no mapping, no thread that waits. What hangs below it is another matter.
[[nodiscard]] bool ends_unnoticed(const Slot& slot) SELENE_REQUIRES(tree_lock);

/// One bounded step of ending the object whose origin is in `slot`, for every type but tables. Whether it has ended;
/// the slot is the caller's to empty then.
[[nodiscard]] bool end_object_step(Core& core, Slot& slot) SELENE_REQUIRES(tree_lock, own_core);

/// What such a step, or the removal of the capability, takes in ordinary steps of an unmap.
[[nodiscard]] unsigned cost_of_step(CapType type);

}  // namespace selene::lifecycle
