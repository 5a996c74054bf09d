// SPDX-License-Identifier: BSD-2-Clause
// Invariants of the memory that objects and untyped ranges take.
#include "invariants/object_walk.hpp"

namespace selene::invariant {

namespace {

bool is_device(const Slot& origin) {
    if (origin.type() == CapType::untyped) return Untyped(origin).device();
    return origin.type() == CapType::frame && Frame(origin).device();
}

/// Whether `slot` stands below `ancestor`, which comes earlier in the list.
bool descends(DerivationTree& tree, const Slot& ancestor, const Slot& slot) {
    for (const Slot* next = ancestor.next(); next != &tree.anchor() && next->depth() > ancestor.depth();
         next = next->next()) {
        if (next == &slot) return true;
    }
    return false;
}

/// What shares memory with a dying table, which may have left the untyped that it was made from: only untyped memory
/// that holds all of it.
Violation check_dying(DerivationTree& tree, const Slot& dying) {
    const Extent extent = extent_of(dying);
    return each_origin(tree, [&](Slot& other) -> Violation {
        if (&other == &dying || is_authority(other.type()) || !extent.overlaps(extent_of(other))) return {};
        return other.type() == CapType::untyped && extent_of(other).holds(extent)
                   ? Violation{}
                   : Violation{"a dying table's memory is its own", &other};
    });
}

}  // namespace

Violation objects_lie_in_untyped(Kernel& kernel, Core&) {
    Ancestors ancestors;
    return each_slot(kernel.tree, [&](Slot& slot) -> Violation {
        const Slot* parent = ancestors.enter(slot);
        if (!slot.origin() || parent == nullptr) return {};
        if (parent->type() != CapType::untyped) return {"an origin hangs below an untyped", &slot};
        const Untyped untyped(*parent);
        if (untyped.watermark() > untyped.bytes()) return {"a watermark is at most the untyped's size", parent};
        return Extent{untyped.base().value(), untyped.watermark()}.holds(extent_of(slot))
                   ? Violation{}
                   : Violation{"an object lies inside its untyped, below the watermark", &slot};
    });
}

Violation objects_are_aligned(Kernel& kernel, Core&) {
    return each_origin(kernel.tree, [&](Slot& slot) -> Violation {
        if (is_authority(slot.type())) return {};
        const uint64_t alignment = abi::object_alignment(object_type(slot.type()), size_argument(slot));
        return is_aligned(extent_of(slot).base, alignment) ? Violation{} : Violation{"an object is aligned", &slot};
    });
}

Violation objects_are_disjoint(Kernel& kernel, Core&) {
    // Memory is given out upwards and a new child comes first, so below an untyped addresses fall: it is enough to
    // compare neighbours. With objects_lie_in_untyped that holds for the objects of different untypeds, too.
    struct Level {
        const Slot* slot;
        uint64_t free_up_to;
    };
    Level levels[DerivationTree::maximum_depth + 1];
    unsigned count = 0;
    return each_slot(kernel.tree, [&](Slot& slot) -> Violation {
        while (count > 0 && levels[count - 1].slot->depth() >= slot.depth()) --count;
        const bool below_untyped = count > 0 && levels[count - 1].slot->type() == CapType::untyped;
        Violation violation;
        if (slot.origin() && is_dying_table(slot)) {
            violation = check_dying(kernel.tree, slot);
        } else if (slot.origin() && below_untyped) {
            uint64_t& free_up_to = levels[count - 1].free_up_to;
            const Extent extent = extent_of(slot);
            if (extent.end() > free_up_to) violation = {"objects do not overlap", &slot};
            free_up_to = extent.base;
        }
        levels[count++] = {&slot, ~uint64_t{0}};
        return violation;
    });
}

Violation untypeds_are_nested(Kernel& kernel, Core&) {
    DerivationTree& tree = kernel.tree;
    return each_origin(tree, [&](Slot& slot) -> Violation {
        if (slot.type() != CapType::untyped) return {};
        const Extent extent = extent_of(slot);
        for (Slot* later = slot.next(); later != &tree.anchor(); later = later->next()) {
            if (later->type() != CapType::untyped || !later->origin()) continue;
            const Extent other = extent_of(*later);
            if (!extent.overlaps(other)) continue;
            if (!extent.holds(other)) return {"untyped ranges are nested or disjoint", later};
            if (!descends(tree, slot, *later)) return {"an untyped range in another descends from it", later};
        }
        return {};
    });
}

Violation device_memory_is_frames(Kernel& kernel, Core&) {
    Ancestors ancestors;
    return each_slot(kernel.tree, [&](Slot& slot) -> Violation {
        const Slot* parent = ancestors.enter(slot);
        if (!slot.origin() || parent == nullptr || parent->type() != CapType::untyped) return {};
        return is_device(slot) == Untyped(*parent).device()
                   ? Violation{}
                   : Violation{"device memory becomes device frames, and other memory does not", &slot};
    });
}

Violation zeroed_memory_is_zero(Kernel& kernel, Core&) {
    return each_origin(kernel.tree, [](Slot& slot) -> Violation {
        if (slot.type() != CapType::untyped || Untyped(slot).zeroed() == 0) return {};
        const Untyped untyped(slot);
        if (untyped.device() || untyped.zeroed() > untyped.bytes() - untyped.watermark())
            return {"what is zero ahead is free memory of an untyped", &slot};
        const auto* words = machine::window<uint64_t>(untyped.base() + untyped.watermark());
        for (uint64_t i = 0; i < untyped.zeroed() / sizeof(uint64_t); ++i) {
            if (words[i] != 0) return {"what is said to be zero is zero", &words[i]};
        }
        return {};
    });
}

}  // namespace selene::invariant
