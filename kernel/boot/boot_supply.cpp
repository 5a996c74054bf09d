// SPDX-License-Identifier: BSD-2-Clause
// Boot-time retype and mapping. What is done here cannot be refused: the boot has counted what it needs.
#include "boot/boot_supply.hpp"

#include "abi/object_sizes.hpp"
#include "base/assert.hpp"
#include "machine.hpp"
#include "object/new_object.hpp"

#pragma clang section text = ".boot_text"

namespace selene {

using abi::ObjectType;

BootSupply::BootSupply(DerivationTree& tree, PhysRange memory, uint32_t slots, uint64_t untyped_index,
                       uint64_t table_index)
    : tree_(tree), table_(machine::window<CapTable>(PhysAddr(memory.base))), next_index_(0) {
    // The table holds both the untyped it is made from and its own origin.
    const uint64_t table_bytes = abi::object_bytes(ObjectType::cap_table, slots);
    machine::zero(table_, table_bytes);
    table_->initialise(slots);
    untyped_ = &slot(untyped_index);
    tree_.insert_root(*untyped_, Untyped::make(PhysAddr(memory.base), memory.size / page_bytes, 0,
                                               rights::read | rights::write | rights::inspect));
    const Untyped untyped(*untyped_);
    tree_.insert_origin(*untyped_, slot(table_index),
                        new_object::first_capability(untyped, 0, ObjectType::cap_table, slots));
    untyped_->update(untyped.at(table_bytes, 0));
}

void BootSupply::make(Slot& slot, ObjectType type, uint64_t size) {
    const Untyped untyped(*untyped_);
    const auto [bytes, alignment] = abi::object_extent(type, size);
    const uint64_t start = new_object::first_place(untyped, untyped.watermark(), alignment);
    const uint64_t end = start + bytes;
    SELENE_ASSERT(end <= untyped.bytes());
    machine::zero(machine::window<void>(untyped.base() + start), bytes);
    const Capability origin = new_object::first_capability(untyped, start, type, size);
    new_object::initialise(origin, size);
    tree_.insert_origin(*untyped_, slot, origin);
    untyped_->update(untyped.at(end, 0));
}

Slot& BootSupply::make_frame_in_place(Slot& range_slot, uint64_t offset, Rights rights) {
    constexpr unsigned page_bits = 12;
    const Untyped range(range_slot);
    Slot& slot = next_slot();
    const Capability frame = new_object::first_capability(range, offset, ObjectType::frame, page_bits);
    tree_.insert_origin(range_slot, slot, frame.limited_to(rights | rights::inspect));
    return slot;
}

void BootSupply::map(PageTable& root, Slot& frame, VirtAddr address, Rights rights) {
    const Rights space_rights = rights::all;
    for (;;) {
        const auto entry =
            mapping::check_mapping(root, frame, address, {rights, abi::MemoryKind::normal}, space_rights);
        if (entry) return mapping::map_frame(frame, *entry, {rights, abi::MemoryKind::normal});
        SELENE_ASSERT(entry.error() == abi::ErrorCode::missing_table);
        Slot& table = next_slot();
        make(table, ObjectType::page_table);
        const auto hook = mapping::find_hook(root, *table.object<PageTable>(), address);
        SELENE_ASSERT(hook);
        mapping::hang_table(*table.object<PageTable>(), *hook);
    }
}

}  // namespace selene
