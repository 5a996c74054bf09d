// SPDX-License-Identifier: BSD-2-Clause
// Invariants of capabilities and their tree.
#include "invariants/object_walk.hpp"
#include "machine.hpp"
#include "object/interrupt_handler.hpp"
#include "object/page_table.hpp"
#include "object/task.hpp"
#include "object/thread.hpp"

namespace selene::invariant {

namespace {

/// Whether two capabilities are to the same object, or to the same range of memory.
bool same_object(const Slot& a, const Slot& b) {
    const CapType type = named_type(a.type());
    if (type != named_type(b.type())) return false;
    if (type == CapType::frame)
        return Frame(a).base() == Frame(b).base() && Frame(a).bytes() == Frame(b).bytes() &&
               Frame(a).device() == Frame(b).device();
    if (type == CapType::untyped)
        return Untyped(a).base() == Untyped(b).base() && Untyped(a).bytes() == Untyped(b).bytes();
    if (is_authority(type)) return carries_badge(type) || a.capability().word1() == b.capability().word1();
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
    case CapType::task: return {&origin.object<Task>()->table_slot, 4, nullptr};
    case CapType::thread: return {&origin.object<Thread>()->task_slot, 2, nullptr};
    case CapType::interrupt_handler: return {&origin.object<InterruptHandler>()->notification_slot, 1, nullptr};
    default: return {nullptr, 0, nullptr};
    }
}
static_assert(offsetof(Task, timeout_slot) - offsetof(Task, table_slot) == 3 * sizeof(Slot));
static_assert(offsetof(Thread, buffer_slot) - offsetof(Thread, task_slot) == sizeof(Slot));

/// What of `holder` may lie in one of its slots.
bool belongs(CapType type, CapType holder, const Slot* slot, const Holding& holding) {
    switch (holder) {
    case CapType::task: {
        constexpr CapType types[] = {CapType::installed_table, CapType::installed_space, CapType::installed_endpoint,
                                     CapType::installed_endpoint};
        return type == types[slot - holding.first];
    }
    case CapType::thread: return type == (slot == holding.first ? CapType::installed_task : CapType::installed_buffer);
    case CapType::interrupt_handler: return type == CapType::installed_notification;
    default: return type == named_type(type) && type <= CapType::power_control;
    }
}

/// Whether an object is one of the type that its origin says, as far as its memory tells.
bool agrees(const Slot& origin) {
    switch (origin.type()) {
    case CapType::address_space: return origin.object<PageTable>()->level() == 1;
    case CapType::page_table: return origin.object<PageTable>()->level() != 1;
    case CapType::cap_table: return abi::is_valid_size(abi::ObjectType::cap_table, size_argument(origin));
    case CapType::sched_context: return abi::is_valid_size(abi::ObjectType::sched_context, size_argument(origin));
    case CapType::thread: {
        const auto state = static_cast<unsigned>(origin.object<Thread>()->state());
        return state <= static_cast<unsigned>(ThreadState::inactive) && state % 2 == 0;
    }
    default: return true;
    }
}

/// The first slot that is in the list and in no object, or the other way round. Capabilities times objects.
Violation name_homeless(DerivationTree& tree) {
    const Violation homeless = each_slot(tree, [&](Slot& slot) -> Violation {
        const Violation home = each_origin(tree, [&](Slot& origin) -> Violation {
            return holding_of(origin).includes(slot) ? Violation{"", &origin} : Violation{};
        });
        return home.found() ? Violation{} : Violation{"a slot in the list lies in a living object", &slot};
    });
    return homeless.found() ? homeless : Violation{"a slot that is not empty is in the list", &tree};
}

}  // namespace

Violation links_are_inverse(Kernel& kernel, Core&) {
    // A slot that the walk came to twice would have two predecessors.
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

Violation slots_have_homes(Kernel& kernel, Core&) {
    Fingerprint listed;
    Fingerprint held;
    (void)each_slot(kernel.tree, [&](Slot& slot) -> Violation {
        listed.add(&slot);
        if (!slot.origin()) return {};
        const Holding holding = holding_of(slot);
        for (uint64_t i = 0; i < holding.count; ++i) {
            if (!holding.first[i].empty()) held.add(&holding.first[i]);
        }
        if (holding.apart != nullptr && !holding.apart->empty()) held.add(holding.apart);
        return {};
    });
    return listed == held ? Violation{} : name_homeless(kernel.tree);
}

Violation refuges_hold_dying_tables(Kernel& kernel, Core&) {
    return each_origin(kernel.tree, [](Slot& slot) -> Violation {
        if (slot.type() != CapType::cap_table) return {};
        auto& table = *slot.object<CapTable>();
        const bool in_refuge = &slot == &table.refuge();
        return in_refuge == table.dying() ? Violation{}
                                          : Violation{"a table dies exactly when its origin lies in its refuge", &slot};
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
        if (carries_badge(named_type(slot.type())) && parent->capability().word1() != 0 &&
            child.word1() != parent->capability().word1()) {
            return {"a child's badge equals a non-zero parent's", &slot};
        }
        return {};
    });
}

Violation objects_have_one_origin(Kernel& kernel, Core&) {
    DerivationTree& tree = kernel.tree;
    Ancestors ancestors;
    return each_slot(tree, [&](Slot& slot) -> Violation {
        (void)ancestors.enter(slot);
        if (slot.origin()) {
            if (!is_authority(slot.type())) {
                // Memory of two origins is disjoint or nested, so a second one could only be above.
                for (unsigned i = ancestors.above(); i-- > 0;) {
                    if (is_kernel_object(slot.type()) && same_object(ancestors.at(i), slot))
                        return {"an object has one origin", &slot};
                }
                return {};
            }
            return each_origin(tree, [&](Slot& other) -> Violation {
                return &other == &slot || !same_object(other, slot) ? Violation{}
                                                                    : Violation{"an authority has one origin", &other};
            });
        }
        if (ancestors.above() == 0) return {};
        // After a half-done unmap it may hang below an ancestor of its parent, but its origin goes last.
        for (unsigned i = ancestors.above(); i-- > 0;) {
            if (!ancestors.at(i).origin()) continue;
            return same_object(ancestors.at(i), slot) ? Violation{}
                                                      : Violation{"what is derived hangs below its origin", &slot};
        }
        return {"what is derived hangs below an origin", &slot};
    });
}

Violation types_agree_with_objects(Kernel& kernel, Core&) {
    return each_origin(kernel.tree, [](Slot& origin) -> Violation {
        if (!agrees(origin)) return {"an object is of the type that its origin says", &origin};
        const Holding holding = holding_of(origin);
        for (Slot* slot = holding.first; slot != holding.first + holding.count; ++slot) {
            if (!slot->empty() && !belongs(slot->type(), origin.type(), slot, holding))
                return {"a capability lies where its type belongs", slot};
        }
        if (holding.apart != nullptr && !holding.apart->empty() &&
            holding.apart->object<void>() != origin.object<void>())
            return {"a refuge holds the origin of its own table", holding.apart};
        return {};
    });
}

}  // namespace selene::invariant
