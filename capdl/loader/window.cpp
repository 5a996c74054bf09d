// SPDX-License-Identifier: BSD-2-Clause
// Mapping with page tables supplied as they are missed.
#include "window.hpp"

namespace capdl::loader {

uint64_t Window::place_for(unsigned size_bits) const {
    switch (size_bits) {
    case small_bits: return address_;
    case large_bits: return address_ + large_bytes;
    default: return aligned_up(address_ + 2 * large_bytes, huge_bytes);
    }
}

sel::Result<void> Window::prepare(sel::Untyped memory, uint64_t first_slot) {
    SEL_TRY_VOID(memory.retype(
        {.type = abi::ObjectType::page_table, .size = 0, .count = table_count, .table = table_, .first = first_slot}));
    next_table_ = first_slot;
    tables_end_ = first_slot + table_count;
    return {};
}

sel::Result<void> Window::map(uint64_t slot, uint64_t count, uint64_t address, abi::MemoryKind kind) {
    const auto rights = abi::RightsMask(abi::Right::read) | abi::Right::write;
    for (;;) {
        const auto mapped = space_.map(
            {.frames = table_, .first = slot, .count = count, .address = address, .rights = rights, .kind = kind});
        if (mapped) {
            return {};
        }
        if (!mapped.error().is(abi::ErrorCode::missing_table)) {
            return sel::refused(mapped.error());
        }
        if (next_table_ == tables_end_) {
            return sel::refused(mapped.error());
        }
        const uint64_t table = next_table_++;
        SEL_TRY_VOID(space_.map_table(sel::PageTable(sel::CapIndex(table)), address / large_bytes * large_bytes));
    }
}

sel::Result<uint64_t> Window::open(uint64_t slot, uint64_t count, unsigned size_bits, abi::MemoryKind kind) {
    const uint64_t address = place_for(size_bits);
    SEL_TRY_VOID(map(slot, count, address, kind));
    return address;
}

sel::Result<uint64_t> Window::map_device(uint64_t slot) {
    const uint64_t address = address_ + ((small_capacity + devices_++) << small_bits);
    SEL_TRY_VOID(map(slot, 1, address, abi::MemoryKind::device));
    return address;
}

sel::Result<void> Window::close(uint64_t slot, uint64_t count) const {
    SEL_TRY_VOID(space_.unmap({.frames = table_, .first = slot, .count = count}));
    return {};
}

}  // namespace capdl::loader
