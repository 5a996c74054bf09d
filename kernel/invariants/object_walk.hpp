// SPDX-License-Identifier: BSD-2-Clause
// Walks over all capabilities and all objects, for the invariants.
#pragma once

#include "abi/object_sizes.hpp"
#include "capability/derivation_tree.hpp"
#include "invariants/invariants.hpp"
#include "machine.hpp"
#include "object/cap_table.hpp"
#include "object/frame.hpp"
#include "object/untyped.hpp"
#include "scheduling/sched_context.hpp"

namespace selene::invariant {

/// Call `visit(slot)` for every capability in the order of the list, until it returns a violation.
template <class Visit>
Violation each_slot(DerivationTree& tree, const Visit& visit) {
    for (Slot* slot = tree.anchor().next(); slot != &tree.anchor(); slot = slot->next()) {
        if (const Violation violation = visit(*slot); violation.invariant != nullptr) return violation;
    }
    return {};
}

/// Call `visit(object)` for every living object of a type.
template <class Object, class Visit>
Violation each_object(DerivationTree& tree, CapType type, const Visit& visit) {
    return each_slot(tree, [&](Slot& slot) -> Violation {
        if (!slot.origin() || slot.type() != type) return {};
        return visit(*slot.object<Object>());
    });
}

/// The slots that a slot hangs below, while a walk passes by.
class Ancestors {
public:
    /// The parent of the next slot in the list, null for a root.
    Slot* enter(Slot& slot) {
        while (count_ > 0 && slots_[count_ - 1]->depth() >= slot.depth()) --count_;
        Slot* parent = count_ > 0 ? slots_[count_ - 1] : nullptr;
        slots_[count_++] = &slot;
        return parent;
    }

private:
    Slot* slots_[DerivationTree::maximum_depth + 1];
    unsigned count_ = 0;
};

/// The memory of the object that an origin stands for; nothing for the authorities.
struct Extent {
    uint64_t base;
    uint64_t bytes;

    [[nodiscard]] bool overlaps(const Extent& other) const {
        return base < other.base + other.bytes && other.base < base + bytes;
    }
};

inline uint64_t size_argument(const Slot& origin) {
    switch (origin.type()) {
    case CapType::cap_table: return origin.object<CapTable>()->count();
    case CapType::sched_context: return origin.object<SchedContext>()->capacity;
    default: return 0;
    }
}

inline Extent extent_of(const Slot& origin) {
    switch (origin.type()) {
    case CapType::untyped: return {Untyped(origin).base().value(), Untyped(origin).bytes()};
    case CapType::frame: return {Frame(origin).base().value(), Frame(origin).bytes()};
    case CapType::empty:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control: return {0, 0};
    default:
        return {machine::physical(origin.object<void>()).value(),
                abi::object_bytes(object_type(origin.type()), size_argument(origin))};
    }
}

}  // namespace selene::invariant
