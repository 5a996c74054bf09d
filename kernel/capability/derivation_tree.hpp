// SPDX-License-Identifier: BSD-2-Clause
// The derivation tree: who descends from whom, over all capabilities of the system.
#pragma once

#include "base/assert.hpp"
#include "capability/slot.hpp"

namespace selene {

/// One per kernel. All non-empty slots in one circular list in pre-order, with depths; `anchor_` stands between the
/// last and the first.
///
///     untyped 0 ── endpoint 1 (origin) ── endpoint 2 (badge 7) ── task 1 (origin) ── anchor
///
/// Invariants: links are inverse; a slot's depth is at most its predecessor's plus one right after an insertion and may
/// leave gaps after an unmap; a child never outlives its parent.
class DerivationTree {
public:
    static constexpr unsigned maximum_depth = abi::derivation_depth;

    void initialise() SELENE_REQUIRES(tree_lock) {
        anchor_.set_previous(&anchor_);
        anchor_.set_next(&anchor_);
    }

    /// The depth of a new child of `parent`: that of its siblings, since a half-done unmap leaves gaps.
    [[nodiscard]] static unsigned child_depth(const Slot& parent) SELENE_REQUIRES(tree_lock) {
        return parent.has_children() ? parent.next()->depth() : parent.depth() + 1;
    }

    /// Put a capability without parent into an empty slot: boot only.
    void insert_root(Slot& slot, Capability capability) SELENE_REQUIRES(tree_lock);
    /// Put a capability into an empty slot as first child of `parent`.
    static void insert_child(Slot& parent, Slot& child, Capability capability) SELENE_REQUIRES(tree_lock) {
        SELENE_ASSERT(child.empty() && child_depth(parent) <= maximum_depth);
        link_after(parent, child, child_depth(parent), 0);
        publish(child, capability);
    }
    /// The same for the capability that retype makes with an object.
    static void insert_origin(Slot& parent, Slot& child, Capability capability) SELENE_REQUIRES(tree_lock);
    /// The same for `count` slots in a row, at least one; word 0 grows by `step` from each capability to the next.
    static void insert_origins(Slot& parent, Slot* slots, uint64_t count, Capability first, uint64_t step)
        SELENE_REQUIRES(tree_lock);
    /// Move a capability to an empty slot; it keeps its place.
    void move(Slot& from, Slot& to) SELENE_REQUIRES(tree_lock);
    /// Move a capability to an empty slot and put it right before `place`, at that slot's depth.
    void move_before(Slot& from, Slot& to, Slot& place) SELENE_REQUIRES(tree_lock);
    /// Move a slot's capability's place right before `place`, at that slot's depth; the capability stays in its slot.
    void relink_before(Slot& slot, Slot& place) SELENE_REQUIRES(tree_lock);
    /// Empty a slot; what hangs below it hangs below its predecessors then.
    static void remove(Slot& slot) SELENE_REQUIRES(tree_lock);

    /// Empty the slot right after `place` in the list.
    static void remove_after(Slot& place) SELENE_REQUIRES(tree_lock) {
        Slot& slot = *place.next();
        withdraw(slot);
        place.set_next(slot.next());
        slot.next()->set_previous(&place);
        slot = Slot{};
    }

    [[nodiscard]] Slot& anchor() { return anchor_; }
    [[nodiscard]] const Slot& anchor() const { return anchor_; }

private:
    static void link_after(Slot& place, Slot& slot, unsigned depth, uint64_t flags) SELENE_REQUIRES(tree_lock) {
        Slot& next = *place.next();
        const uint64_t place_low_bits = place.next_ & Slot::low_bits;
        const uint64_t next_low_bits = next.previous_ & Slot::low_bits;
        slot.previous_ = reinterpret_cast<uint64_t>(&place) | Slot::DepthLow::make(depth);
        slot.next_ = reinterpret_cast<uint64_t>(&next) | Slot::DepthHigh::make(depth >> Slot::DepthLow::width) | flags;
        place.next_ = reinterpret_cast<uint64_t>(&slot) | place_low_bits;
        next.previous_ = reinterpret_cast<uint64_t>(&slot) | next_low_bits;
    }
    /// A look-up without the lock finds either all of a capability or nothing: word 0 goes first.
    static void withdraw(Slot& slot) SELENE_REQUIRES(tree_lock) {
        __atomic_store_n(reinterpret_cast<uint64_t*>(&slot.capability_), uint64_t{0}, __ATOMIC_RELEASE);
    }
    static void publish(Slot& slot, Capability capability) SELENE_REQUIRES(tree_lock) {
        // Word 0 last, with release: pairs with the acquire of a look-up that holds no lock.
        auto* words = reinterpret_cast<uint64_t*>(&slot.capability_);
        words[1] = capability.word1();
        __atomic_store_n(&words[0], capability.word0(), __ATOMIC_RELEASE);
    }

    Slot anchor_;
};

}  // namespace selene
