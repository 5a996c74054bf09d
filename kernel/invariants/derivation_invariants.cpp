// SPDX-License-Identifier: BSD-2-Clause
// Invariants of capabilities, their tree, and the memory behind them.
#include "invariants/object_walk.hpp"
#include "machine.hpp"
#include "object/interrupt_handler.hpp"
#include "object/task.hpp"
#include "object/thread.hpp"

namespace selene::invariant {

namespace {

CapType base_type(CapType type) {
    switch (type) {
    case CapType::installed_table: return CapType::cap_table;
    case CapType::installed_space: return CapType::address_space;
    case CapType::installed_endpoint: return CapType::endpoint;
    case CapType::installed_task: return CapType::task;
    case CapType::installed_buffer: return CapType::frame;
    case CapType::installed_notification: return CapType::notification;
    default: return type;
    }
}

bool same_object(const Slot& a, const Slot& b) {
    if (base_type(a.type()) != base_type(b.type())) return false;
    if (base_type(a.type()) == CapType::frame) {
        return Frame(a).base() == Frame(b).base() && Frame(a).bytes() == Frame(b).bytes() &&
               Frame(a).device() == Frame(b).device();
    }
    return a.object<void>() == b.object<void>();
}

/// The slots that an object holds: `count` at `first`, and one at `apart` if that is not null.
struct Holding {
    Slot* first;
    uint64_t count;
    Slot* apart;

    [[nodiscard]] bool includes(const Slot& slot) const {
        return (&slot >= first && &slot < first + count) || &slot == apart;
    }
};

Holding holding_of(const Slot& origin) {
    switch (origin.type()) {
    case CapType::cap_table: {
        auto& table = *origin.object<CapTable>();
        return {table.slots(), table.count(), &table.refuge()};
    }
    case CapType::task: return {&origin.object<Task>()->table_slot, 3, nullptr};
    case CapType::thread: return {&origin.object<Thread>()->task_slot, 2, nullptr};
    case CapType::interrupt_handler: return {&origin.object<InterruptHandler>()->notification_slot, 1, nullptr};
    default: return {nullptr, 0, nullptr};
    }
}
static_assert(offsetof(Task, fault_slot) - offsetof(Task, table_slot) == 2 * sizeof(Slot));
static_assert(offsetof(Thread, buffer_slot) - offsetof(Thread, task_slot) == sizeof(Slot));

uint64_t count_used(const Holding& holding) {
    uint64_t used = 0;
    for (uint64_t i = 0; i < holding.count; ++i) used += holding.first[i].empty() ? 0 : 1;
    return used + (holding.apart != nullptr && !holding.apart->empty() ? 1 : 0);
}

}  // namespace

Violation links_are_inverse(Kernel& kernel, Core&) {
    Slot* anchor = &kernel.tree.anchor();
    Slot* slot = anchor;
    do {
        if (slot != anchor && slot->empty()) return {"no slot in the list is empty", slot};
        if (slot->next()->previous() != slot) return {"the list's links are inverse", slot};
        slot = slot->next();
    } while (slot != anchor);
    return {};
}

Violation depths_are_legal(Kernel& kernel, Core&) {
    Slot& first = *kernel.tree.anchor().next();
    if (first.depth() != 0) return {"the first slot is a root", &first};
    return each_slot(kernel.tree, [](Slot& slot) -> Violation {
        if (slot.depth() == 0 && !slot.origin()) return {"a root is an origin", &slot};
        if (slot.depth() > DerivationTree::maximum_depth) return {"depths are within the limit", &slot};
        return {};
    });
}

Violation child_is_within_parent(Kernel& kernel, Core&) {
    Ancestors ancestors;
    return each_slot(kernel.tree, [&](Slot& slot) -> Violation {
        const Slot* parent = ancestors.enter(slot);
        if (slot.origin() || parent == nullptr) return {};
        if (!same_object(slot, *parent)) return {"a derived capability is to its parent's object", &slot};
        const Capability child = slot.capability();
        if (!parent->capability().allows(child.rights()))
            return {"a child's rights are a subset of its parent's", &slot};
        if (carries_badge(base_type(slot.type())) && parent->capability().word1() != 0 &&
            child.word1() != parent->capability().word1()) {
            return {"a child's badge equals a non-zero parent's", &slot};
        }
        return {};
    });
}

Violation origin_is_within_untyped(Kernel& kernel, Core&) {
    Ancestors ancestors;
    return each_slot(kernel.tree, [&](Slot& slot) -> Violation {
        const Slot* parent = ancestors.enter(slot);
        if (!slot.origin() || parent == nullptr) return {};
        if (parent->type() != CapType::untyped) return {"an origin hangs below an untyped", &slot};
        const Untyped untyped(*parent);
        const Extent extent = extent_of(slot);
        const uint64_t base = untyped.base().value();
        if (extent.base < base || extent.base + extent.bytes > base + untyped.watermark()) {
            return {"an object lies inside its untyped, below the watermark", &slot};
        }
        if (untyped.watermark() > untyped.bytes()) return {"a watermark is at most the untyped's size", parent};
        const abi::ObjectType type = object_type(slot.type());
        const uint64_t size = slot.type() == CapType::frame ? Frame(slot).size_bits() : size_argument(slot);
        if (!is_aligned(extent.base, abi::object_alignment(type, size))) return {"an object is aligned", &slot};
        const bool device = slot.type() == CapType::untyped ? Untyped(slot).device()
                            : slot.type() == CapType::frame ? Frame(slot).device()
                                                            : false;
        if (device != untyped.device()) return {"device memory becomes only device frames", &slot};
        return {};
    });
}

Violation objects_are_disjoint(Kernel& kernel, Core&) {
    DerivationTree& tree = kernel.tree;
    return each_slot(tree, [&](Slot& slot) -> Violation {
        if (!slot.origin() || (slot.type() == CapType::cap_table && slot.object<CapTable>()->dying())) return {};
        const Extent extent = extent_of(slot);
        // The later siblings; what hangs below the slot is inside it.
        for (Slot* other = slot.next(); other != &tree.anchor() && other->depth() >= slot.depth();
             other = other->next()) {
            if (other->depth() > slot.depth() || !other->origin()) continue;
            // A dying table may have left the untyped that it was made from.
            if (other->type() == CapType::cap_table && other->object<CapTable>()->dying()) continue;
            if (extent.overlaps(extent_of(*other))) return {"objects do not overlap", other};
        }
        return {};
    });
}

Violation slots_have_homes(Kernel& kernel, Core&) {
    DerivationTree& tree = kernel.tree;
    uint64_t listed = 0;
    const Violation homeless = each_slot(tree, [&](Slot& slot) -> Violation {
        ++listed;
        bool found = false;
        (void)each_slot(tree, [&](Slot& origin) -> Violation {
            if (!origin.origin() || !holding_of(origin).includes(slot)) return {};
            found = true;
            return {"", nullptr};
        });
        return found ? Violation{} : Violation{"a slot in the list lies in a living object", &slot};
    });
    if (homeless.invariant != nullptr) return homeless;
    uint64_t used = 0;
    (void)each_slot(tree, [&](Slot& origin) -> Violation {
        if (origin.origin()) used += count_used(holding_of(origin));
        return {};
    });
    return used == listed ? Violation{} : Violation{"a slot that is not empty is in the list", &tree};
}

Violation refuges_hold_dying_tables(Kernel& kernel, Core&) {
    return each_slot(kernel.tree, [](Slot& slot) -> Violation {
        if (!slot.origin() || slot.type() != CapType::cap_table) return {};
        auto& table = *slot.object<CapTable>();
        const bool in_refuge = &slot == &table.refuge();
        return in_refuge == table.dying() ? Violation{}
                                          : Violation{"a table dies exactly when its origin lies in its refuge", &slot};
    });
}

}  // namespace selene::invariant
