// SPDX-License-Identifier: BSD-2-Clause
// List operations of the derivation tree; each is O(1).
#include "capability/derivation_tree.hpp"

#include "base/assert.hpp"

namespace selene {

void DerivationTree::insert_root(Slot& slot, Capability capability) {
    SELENE_ASSERT(slot.empty());
    link_after(*anchor_.previous(), slot, 0, Slot::Origin::make(1));
    publish(slot, capability);
}

void DerivationTree::insert_origin(Slot& parent, Slot& child, Capability capability) {
    SELENE_ASSERT(child.empty() && child_depth(parent) <= maximum_depth);
    link_after(parent, child, child_depth(parent), Slot::Origin::make(1));
    publish(child, capability);
}

void DerivationTree::insert_origins(Slot& parent, Slot* slots, uint64_t count, Capability first, uint64_t step) {
    const unsigned depth = child_depth(parent);
    const uint64_t previous_bits = Slot::DepthLow::make(depth);
    const uint64_t next_bits = Slot::DepthHigh::make(depth >> Slot::DepthLow::width) | Slot::Origin::make(1);
    Slot* next = parent.next();
    next->set_previous(slots);
    uint64_t word0 = first.word0();
    Slot* slot = slots;
    for (Slot* const end = slots + count; slot != end; ++slot) {
        slot->next_ = reinterpret_cast<uint64_t>(next) | next_bits;
        // The last one's is put right below.
        slot->previous_ = reinterpret_cast<uint64_t>(slot + 1) | previous_bits;
        publish(*slot, Capability(word0, first.word1()));
        word0 += step;
        next = slot;
    }
    next->previous_ = reinterpret_cast<uint64_t>(&parent) | previous_bits;
    parent.set_next(next);
}

void DerivationTree::move(Slot& from, Slot& to) {
    SELENE_ASSERT(to.empty() && !from.empty());
    to.previous_ = from.previous_;
    to.next_ = from.next_;
    to.previous()->set_next(&to);
    to.next()->set_previous(&to);
    const Capability capability = from.capability_;
    from = Slot{};
    publish(to, capability);
}

void DerivationTree::move_before(Slot& from, Slot& to, Slot& place) {
    SELENE_ASSERT(to.empty() && !from.empty() && &from != &place);
    const Capability capability = from.capability_;
    const uint64_t flags = from.next_ & (Slot::Origin::mask | Slot::Closing::mask);
    remove(from);
    link_after(*place.previous(), to, place.depth(), flags);
    publish(to, capability);
}

void DerivationTree::relink_before(Slot& slot, Slot& place) {
    SELENE_ASSERT(!slot.empty() && &slot != &place);
    const uint64_t flags = slot.next_ & (Slot::Origin::mask | Slot::Closing::mask);
    slot.previous()->set_next(slot.next());
    slot.next()->set_previous(slot.previous());
    link_after(*place.previous(), slot, place.depth(), flags);
}

void DerivationTree::remove(Slot& slot) {
    SELENE_ASSERT(!slot.empty());
    withdraw(slot);
    slot.previous()->set_next(slot.next());
    slot.next()->set_previous(slot.previous());
    slot = Slot{};
}

}  // namespace selene
