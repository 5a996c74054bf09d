// SPDX-License-Identifier: BSD-2-Clause
// Invariants of address spaces: entries, shadows, frame records, hardware tags.
#include "invariants/object_walk.hpp"
#include "machine.hpp"
#include "object/page_table.hpp"
#include "object/task.hpp"

namespace selene::invariant {

namespace {

/// Whether an entry maps the frame of a capability with no more than its rights.
bool maps(uint64_t entry, const Slot& slot) {
    const Frame frame(slot);
    const abi::MemoryKind kind = machine::PageEntry::kind(entry);
    for (const Rights rights : {rights::read, rights::read | rights::write, rights::read | rights::execute,
                                rights::read | rights::write | rights::execute}) {
        if (slot.capability().allows(rights) &&
            entry == machine::PageEntry::page(frame.base(), frame.level(), rights, kind))
            return true;
    }
    return false;
}

Violation check_entry(PageTable& table, unsigned index) {
    const uint64_t* entry = &table.entries[index];
    if (*entry == 0)
        return table.shadow_of<void>(index) == nullptr ? Violation{} : Violation{"an empty entry has no shadow", entry};
    if (machine::PageEntry::is_table(*entry, table.level())) {
        const auto* child = table.shadow_of<PageTable>(index);
        if (child == nullptr || *entry != machine::PageEntry::table(machine::physical(child)))
            return {"a table entry's shadow is the table", entry};
        return child->parent_entry() == entry ? Violation{} : Violation{"a table hangs in one entry", child};
    }
    const auto* slot = table.shadow_of<Slot>(index);
    if (slot == nullptr || slot->type() != CapType::frame) return {"an entry's shadow is a frame's slot", entry};
    if (Frame(*slot).entry() != entry) return {"a mapped frame records its entry", slot};
    if (Frame(*slot).level() != table.level()) return {"a frame is mapped at the level of its size", slot};
    return maps(*entry, *slot) ? Violation{} : Violation{"an entry maps its frame with no more than its rights", entry};
}

Violation check_table(PageTable& table) {
    for (unsigned i = 0; i < PageTable::entry_count; ++i) {
        if (const Violation violation = check_entry(table, i); violation.found()) return violation;
    }
    return {};
}

}  // namespace

Violation entries_agree_with_shadows(Kernel& kernel, Core&) {
    const Violation in_space = each_object<PageTable>(kernel.tree, CapType::address_space, check_table);
    if (in_space.found()) return in_space;
    return each_object<PageTable>(kernel.tree, CapType::page_table, check_table);
}

Violation frames_agree_with_entries(Kernel& kernel, Core&) {
    return each_slot(kernel.tree, [](Slot& slot) -> Violation {
        if (slot.type() != CapType::frame || Frame(slot).entry() == nullptr) return {};
        const uint64_t* entry = Frame(slot).entry();
        const PageTable& table = PageTable::of_entry(entry);
        return table.shadow_of<Slot>(table.index_of(entry)) == &slot
                   ? Violation{}
                   : Violation{"an entry's shadow names the frame's slot", &slot};
    });
}

Violation tables_record_where_they_hang(Kernel& kernel, Core&) {
    const Violation in_space = each_object<PageTable>(kernel.tree, CapType::address_space, [](PageTable& space) {
        return space.level() == 1 && space.parent_entry() == nullptr ? Violation{}
                                                                     : Violation{"a root hangs nowhere", &space};
    });
    if (in_space.found()) return in_space;
    return each_object<PageTable>(kernel.tree, CapType::page_table, [](PageTable& table) -> Violation {
        const uint64_t* entry = table.parent_entry();
        // Without an entry it has never hung anywhere, or has been cut off: then it has a level still, and what it maps.
        if (table.level() > 3) return {"a table has one of three levels", &table};
        if (entry == nullptr) return {};
        const PageTable& parent = PageTable::of_entry(entry);
        if (table.level() != parent.level() + 1) return {"a table is one level below the one it hangs in", &table};
        return parent.shadow_of<PageTable>(parent.index_of(entry)) == &table &&
                       *entry == machine::PageEntry::table(machine::physical(&table))
                   ? Violation{}
                   : Violation{"a table hangs where it says", &table};
    });
}

Violation no_kernel_memory_is_mapped(Kernel& kernel, Core& core) {
    const Extent own{machine::physical(&core).value(), alignof(Core)};
    return each_slot(kernel.tree, [&](Slot& slot) -> Violation {
        if (slot.type() != CapType::frame || Frame(slot).entry() == nullptr) return {};
        const Extent mapped{Frame(slot).base().value(), Frame(slot).bytes()};
        if (mapped.overlaps(own)) return {"the kernel's own memory is not mapped", &slot};
        return each_origin(kernel.tree, [&](Slot& origin) -> Violation {
            return is_kernel_object(origin.type()) && mapped.overlaps(extent_of(origin))
                       ? Violation{"an object's memory is not mapped", &origin}
                       : Violation{};
        });
    });
}

Violation tags_are_injective(Kernel& kernel, Core&) {
    uint64_t tagged = 0;
    const Violation in_space =
        each_object<PageTable>(kernel.tree, CapType::address_space, [&](PageTable& space) -> Violation {
            const AddressTag tag = space.tag();
            const Task* active = space.active_task();
            if (tag.value() != 0) ++tagged;
            if (tag.value() != 0 && kernel.tags.space(tag) != &space) return {"a space's tag is its own", &space};
            if (active == nullptr) return {};
            if (active->space != &space || active->root != machine::root_value(machine::physical(&space), tag)) {
                return {"the active task of a space has its root value", active};
            }
            return tag.value() != 0 ? Violation{} : Violation{"an active space has a tag", &space};
        });
    if (in_space.found()) return in_space;
    for (unsigned tag = 1; tag < machine::tag_count() && tag < AddressTags::maximum; ++tag) {
        if (kernel.tags.space(AddressTag(static_cast<uint16_t>(tag))) == nullptr) continue;
        if (tagged-- == 0) return {"a tag belongs to a living space", &kernel.tags};
    }
    return each_object<Task>(kernel.tree, CapType::task, [](Task& task) -> Violation {
        if (task.root == 0) return {};
        return task.space != nullptr && task.space->active_task() == &task
                   ? Violation{}
                   : Violation{"a task with a root value is its space's active one", &task};
    });
}

}  // namespace selene::invariant
