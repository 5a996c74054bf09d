// SPDX-License-Identifier: BSD-2-Clause
// Deriving and moving single capabilities: the rules by type.
#pragma once

#include "base/result.hpp"
#include "capability/derivation_tree.hpp"

namespace selene::derive {

/// How an error names a slot: by the argument and the index that led to it.
struct SlotName {
    unsigned argument;
    uint64_t index;
};

/// Whether a child with `badge` may be derived from a slot.
[[nodiscard]] Result<void> check_child(const Slot& parent, uint64_t badge, SlotName name) SELENE_REQUIRES(tree_lock);
/// Derive it into an empty slot, after check_child, with those of `rights` that the parent has. An untyped hands its
/// whole free range to the child.
void child(Slot& parent, Slot& child, Rights rights, uint64_t badge) SELENE_REQUIRES(tree_lock);
struct Child {
    Rights rights;
    uint64_t badge;
};
/// check_child and, if it allows it, child.
[[nodiscard]] Result<void> try_child(Slot& parent, Slot& child, Child wanted, SlotName name) SELENE_REQUIRES(tree_lock);
/// Derive a child with a type of its own: the capability that an object holds in a slot of its own.
void installed(Slot& parent, Slot& child, CapType type) SELENE_REQUIRES(tree_lock);

/// Whether a capability may be moved.
[[nodiscard]] Result<void> check_move(const Slot& from, SlotName name) SELENE_REQUIRES(tree_lock);
/// Move it to an empty slot.
void move(DerivationTree& tree, Slot& from, Slot& to) SELENE_REQUIRES(tree_lock);

}  // namespace selene::derive
