// SPDX-License-Identifier: BSD-2-Clause
// Page-table entries, their shadows and the frame capabilities' records: written together, always.
#include "object/mapping.hpp"

#include "base/assert.hpp"
#include "machine.hpp"

namespace selene::mapping {

namespace {

using abi::ErrorCode;

constexpr unsigned root_level = 1;
constexpr unsigned argument_frame = 2;
constexpr unsigned argument_address = 4;
constexpr unsigned argument_kind = 6;
constexpr unsigned argument_rights_of_map = 5;
constexpr unsigned argument_rights_of_protect = 4;

/// What a mapping of the slot's frame may be; `argument_rights` is for the error.
Result<void> check_attributes(const Slot& frame_slot, MappingAttributes wanted, Rights space_rights,
                              unsigned argument_rights) SELENE_REQUIRES(own_core) {
    const Rights usable = rights::read | rights::write | rights::execute;
    if (!usable.include(wanted.rights) || !wanted.rights.include(rights::read)) {
        return refuse(ErrorCode::argument_out_of_range, argument_rights, usable.mask());
    }
    const Rights missing = wanted.rights - frame_slot.capability().rights();
    if (!missing.empty()) return refuse(ErrorCode::missing_right, argument_frame, missing.mask());
    if (wanted.rights.include(rights::write | rights::execute) && !space_rights.include(rights::write_execute)) {
        return refuse(ErrorCode::write_execute, argument_rights);
    }
    if (Frame(frame_slot).device()) {
        if (wanted.kind == abi::MemoryKind::normal) return refuse(ErrorCode::device_memory, argument_kind);
        if (wanted.rights.include(rights::execute)) return refuse(ErrorCode::device_memory, argument_rights);
    }
    return {};
}

/// Everything that the space of a table has in the TLB.
void flush_space_of(PageTable& table) SELENE_REQUIRES(tree_lock) {
    const PageTable* root = place_of(table.entries).root;
    if (root != nullptr && root->tag().value() != 0) machine::flush_tag(root->tag());
}

void clear_entry(PageTable& table, unsigned index) SELENE_REQUIRES(tree_lock) {
    machine::write_entry(&table.entries[index], 0);
    table.clear_shadow(index);
}

/// Take a mapped frame out of the entry where it is. The caller flushes.
void clear(Slot& frame_slot, uint64_t* entry) SELENE_REQUIRES(tree_lock) {
    PageTable& table = PageTable::of_entry(entry);
    SELENE_ASSERT(table.shadow_of<Slot>(table.index_of(entry)) == &frame_slot);
    clear_entry(table, table.index_of(entry));
    frame_slot.update(Frame(frame_slot).mapped_by(nullptr));
}

/// Take an empty table out of its parent.
void leave_parent(PageTable& table) SELENE_REQUIRES(tree_lock) {
    table.set_cursor(0);
    if (table.level() == root_level) return;
    if (uint64_t* parent_entry = table.parent_entry(); parent_entry != nullptr) {
        PageTable& parent = PageTable::of_entry(parent_entry);
        clear_entry(parent, parent.index_of(parent_entry));
        flush_space_of(parent);
    }
    table.set_parent_entry(nullptr);
    table.set_level(0);
}

}  // namespace

Place place_of(uint64_t* entry) {
    PageTable* table = &PageTable::of_entry(entry);
    uint64_t address = uint64_t{table->index_of(entry)} << table->entry_bits();
    while (table->level() > root_level) {
        uint64_t* parent = table->parent_entry();
        if (parent == nullptr) return {nullptr, VirtAddr(address)};
        table = &PageTable::of_entry(parent);
        address |= uint64_t{table->index_of(parent)} << table->entry_bits();
    }
    return {table, VirtAddr(address)};
}

Result<uint64_t*> find_entry(PageTable& root, VirtAddr address, unsigned level) {
    if (address.value() >> abi::address_bits != 0) {
        return refuse(ErrorCode::argument_out_of_range, argument_address, uint64_t{1} << abi::address_bits);
    }
    if (root.dying()) return refuse(ErrorCode::closing, 0);
    PageTable* table = &root;
    unsigned index_of_entry = PageTable::index_for(address, root_level);
    for (unsigned above = root_level; above < level; ++above) {
        const uint64_t entry = table->entries[index_of_entry];
        if (entry == 0) return refuse(ErrorCode::missing_table, above + 1, address.value());
        if (!machine::PageEntry::is_table(entry, above))
            return refuse(ErrorCode::already_mapped, argument_address, address.value());
        table = table->shadow_of<PageTable>(index_of_entry);
        if (table->dying()) return refuse(ErrorCode::missing_table, above + 1, address.value());
        index_of_entry = PageTable::index_for(address, above + 1);
    }
    return &table->entries[index_of_entry];
}

Result<uint64_t*> find_hook(PageTable& root, const PageTable& table, VirtAddr address) {
    constexpr unsigned argument_table = 1;
    constexpr unsigned argument_table_address = 2;
    if (!table.cut_off()) {
        if (table.level() != 0) return refuse(ErrorCode::already_bound, argument_table);
        if (table.dying()) return refuse(ErrorCode::closing, argument_table);
    }
    if (root.dying()) return refuse(ErrorCode::closing, 0);
    PageTable* parent = &root;
    uint64_t* entry = parent->entry_for(address);
    if (machine::PageEntry::is_table(*entry, root_level)) {
        parent = parent->shadow_of<PageTable>(parent->index_of(entry));
        entry = parent->entry_for(address);
    }
    if (parent->dying()) return refuse(ErrorCode::closing, argument_table_address, address.value());
    if (*entry != 0) return refuse(ErrorCode::already_mapped, argument_table_address, address.value());
    return entry;
}

unsigned hang_table(PageTable& table, uint64_t* hook) {
    SELENE_ASSERT(table.level() == 0 && !table.dying() && *hook == 0);
    PageTable& parent = PageTable::of_entry(hook);
    table.set_level(parent.level() + 1);
    table.set_parent_entry(hook);
    parent.set_shadow(parent.index_of(hook), &table);
    machine::publish_zeroes();
    machine::write_entry(hook, machine::PageEntry::table(machine::physical(&table)));
    machine::flush_barrier();
    return table.level();
}

Result<uint64_t*> check_mapping(PageTable& root, const Slot& frame_slot, VirtAddr address, MappingAttributes attributes,
                                Rights space_rights) {
    const Frame frame(frame_slot);
    if (frame.entry() != nullptr) return refuse(ErrorCode::already_bound, argument_frame);
    TRY_VOID(check_attributes(frame_slot, attributes, space_rights, argument_rights_of_map));
    if (!is_aligned(address.value(), frame.bytes()))
        return refuse(ErrorCode::misaligned, argument_address, frame.bytes());
    TRY(entry, find_entry(root, address, frame.level()));
    if (*entry != 0) return refuse(ErrorCode::already_mapped, argument_address, address.value());
    return entry;
}

bool clean_step(Slot& frame_slot) {
    const Frame frame(frame_slot);
    const uint64_t done = frame.cleaned();
    const uint64_t left = frame.bytes() - done;
    const bool ends = left <= clean_step_bytes;
    machine::clean_invalidate(machine::window<char>(frame.base() + done), ends ? left : clean_step_bytes);
    if (!ends) frame_slot.update(frame.cleaned_up_to(done + clean_step_bytes));
    return ends;
}

void map_frame(Slot& frame_slot, uint64_t* entry, MappingAttributes attributes) {
    const Frame frame(frame_slot);
    PageTable& table = PageTable::of_entry(entry);
    table.set_shadow(table.index_of(entry), &frame_slot);
    frame_slot.update(frame.mapped_by(entry));
    const auto [rights, kind] = attributes;
    machine::write_entry(entry, machine::PageEntry::page(frame.base(), frame.level(), rights, kind));
}

unsigned map_alike(Slot& mapped, uint64_t most) {
    const Frame pattern(mapped);
    uint64_t* const first = pattern.entry();
    PageTable& table = PageTable::of_entry(first);
    const unsigned index = table.index_of(first);
    const uint64_t places = PageTable::entry_count - 1 - index;
    const uint64_t end = most < places ? most : places;
    unsigned run = 0;
    while (run < end) {
        Slot& slot = (&mapped)[run + 1];
        uint64_t* const entry = &first[run + 1];
        if (!pattern.is_alike(slot.capability()) || *entry != 0) break;
        ++run;
        const Frame frame(slot);
        table.set_shadow(index + run, &slot);
        slot.update(frame.mapped_by(entry));
        machine::write_entry(entry, machine::PageEntry::with_frame(*first, frame.base()));
    }
    return run;
}

Result<void> protect_frame(const RangeFlush& flush, Slot& frame_slot, Rights rights, Rights space_rights) {
    const Frame frame(frame_slot);
    uint64_t* entry = frame.entry();
    const Place place = entry != nullptr ? place_of(entry) : Place{};
    if (place.root != &flush.root()) return refuse(ErrorCode::not_bound, argument_frame);
    const abi::MemoryKind kind = machine::PageEntry::kind(*entry);
    TRY_VOID(check_attributes(frame_slot, {rights, kind}, space_rights, argument_rights_of_protect));
    // Permissions alone change: the architecture asks for no break before make, only that the old entry leaves the TLB.
    machine::write_entry(entry, machine::PageEntry::page(frame.base(), frame.level(), rights, kind));
    flush.page(place.address);
    return {};
}

void unmap_from(const RangeFlush& flush, Slot& frame_slot) {
    uint64_t* entry = Frame(frame_slot).entry();
    if (entry == nullptr) return;
    const Place place = place_of(entry);
    if (place.root != &flush.root()) return;
    clear(frame_slot, entry);
    flush.page(place.address);
}

void unmap_frame(Slot& frame_slot) {
    uint64_t* entry = Frame(frame_slot).entry();
    if (entry == nullptr) return;
    const Place place = place_of(entry);
    clear(frame_slot, entry);
    if (place.root != nullptr && place.root->tag().value() != 0) machine::flush_page(place.address, place.root->tag());
}

void frame_moved(Slot& frame_slot) {
    uint64_t* entry = Frame(frame_slot).entry();
    if (entry == nullptr) return;
    PageTable& table = PageTable::of_entry(entry);
    table.set_shadow(table.index_of(entry), &frame_slot);
}

bool dismantle_step(PageTable& table, AddressTags& tags) {
    if (table.level() == root_level) tags.release(table);
    bool cuts = false;
    unsigned cursor = table.cursor();
    const unsigned end = cursor + entries_per_step;
    for (; cursor < end; ++cursor) {
        const uint64_t entry = table.entries[cursor];
        if (entry == 0) continue;
        if (machine::PageEntry::is_table(entry, table.level())) {
            table.shadow_of<PageTable>(cursor)->set_parent_entry(nullptr);
            clear_entry(table, cursor);
            cuts = true;
        } else {
            unmap_frame(*table.shadow_of<Slot>(cursor));
        }
    }
    table.set_cursor(cursor);
    // From a table that has been cut off nobody finds the space whose TLB entries its own entries have become.
    if (cuts) flush_space_of(table);
    const bool ends = cursor == PageTable::entry_count;
    if (ends) leave_parent(table);
    // Each step may be the last before the memory of a frame goes on to another life.
    machine::flush_barrier();
    return ends;
}

}  // namespace selene::mapping
