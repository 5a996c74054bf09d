// SPDX-License-Identifier: BSD-2-Clause
// A slot: a capability and its place in the derivation tree.
#pragma once

#include "base/lock.hpp"
#include "capability/capability.hpp"

namespace selene {

/// Holds one capability or none. The derivation tree is a list in pre-order of all non-empty slots; with the depth of
/// each the tree can be read off it.
///
///            63..5           4..0
/// previous   slot address    depth bits 4 to 0
/// next       slot address    closing, origin, depth bits 7 to 5
///
/// Owner: the object that it lies in: a table, a task, a thread, an interrupt handler.
class alignas(32) Slot {
public:
    /// Without the lock it is a hint: word 0 is published last and cleared first, and what it names outlives the stay
    /// in the kernel. Who leaves state behind that depends on it holds the lock.
    [[nodiscard]] Capability capability() const SELENE_UNLOCKED { return capability_; }
    [[nodiscard]] CapType type() const { return capability().type(); }
    [[nodiscard]] bool empty() const { return capability().empty(); }
    template <class Object>
    [[nodiscard]] Object* object() const {
        return capability().object<Object>();
    }

    [[nodiscard]] unsigned depth() const SELENE_REQUIRES(tree_lock) {
        return static_cast<unsigned>(DepthLow::of(previous_) | (DepthHigh::of(next_) << DepthLow::width));
    }
    /// The capability that retype made with the object: the object lives as long as it does.
    [[nodiscard]] bool origin() const SELENE_REQUIRES(tree_lock) { return Origin::of(next_) != 0; }
    /// An unmap of this slot's descendants is under way: nothing may be derived from it.
    [[nodiscard]] bool closing() const SELENE_REQUIRES(tree_lock) { return Closing::of(next_) != 0; }

    [[nodiscard]] Slot* previous() const SELENE_REQUIRES(tree_lock) {
        return reinterpret_cast<Slot*>(previous_ & ~low_bits);
    }
    [[nodiscard]] Slot* next() const SELENE_REQUIRES(tree_lock) { return reinterpret_cast<Slot*>(next_ & ~low_bits); }

    /// Whether `node`, this slot's successor in the list, hangs below it.
    [[nodiscard]] bool has_below(const Slot* node) const SELENE_REQUIRES(tree_lock) { return node->depth() > depth(); }
    [[nodiscard]] bool has_children() const SELENE_REQUIRES(tree_lock) { return has_below(next()); }

    /// Replace the capability of a slot that is in the tree, keeping its place. The new one must be no stronger, or an
    /// untyped's own state.
    void update(Capability capability) SELENE_REQUIRES(tree_lock) { capability_ = capability; }
    void set_closing(uint64_t closing) SELENE_REQUIRES(tree_lock) { next_ = Closing::with(next_, closing); }

private:
    friend class DerivationTree;

    using DepthLow = Field<4, 0>;
    using DepthHigh = Field<2, 0>;
    using Origin = Field<3, 3>;
    using Closing = Field<4, 4>;
    static constexpr uint64_t low_bits = 31;

    void set_previous(Slot* slot) SELENE_REQUIRES(tree_lock) {
        previous_ = reinterpret_cast<uint64_t>(slot) | (previous_ & low_bits);
    }
    void set_next(Slot* slot) SELENE_REQUIRES(tree_lock) {
        next_ = reinterpret_cast<uint64_t>(slot) | (next_ & low_bits);
    }

    Capability capability_ SELENE_GUARDED_BY(tree_lock);
    uint64_t previous_ SELENE_GUARDED_BY(tree_lock) = 0;
    uint64_t next_ SELENE_GUARDED_BY(tree_lock) = 0;
};
static_assert(sizeof(Slot) == 32);

}  // namespace selene
