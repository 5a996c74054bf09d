// SPDX-License-Identifier: BSD-2-Clause
// Capability look-up: the general case.
#include "capability/capability_space.hpp"

#include <bit>

#include "object/cap_table.hpp"

namespace selene {

namespace {

using abi::ErrorCode;

constexpr unsigned index_bits = 64;

/// Resolve an index through linked tables: each link takes its guard and radix off the upper end, until the bits are
/// used up or a slot holds no table.
Result<Slot*> walk(Slot& root, CapIndex index, unsigned argument) {
    uint64_t rest = index.value();  // what is left of it, at the upper end; below it, what has been taken
    unsigned left = index_bits;
    Slot* slot = &root;
    for (unsigned link = 0; link < abi::table_links; ++link) {
        CapTable& table = *slot->object<CapTable>();
        const Guard guard = Guard::of(slot->capability());
        const uint64_t last = table.count() - 1;
        const unsigned taken = guard.bits + static_cast<unsigned>(std::bit_width(last));
        if (table.dying() || (table.count() & last) != 0 || taken > left) break;
        left -= taken;
        // A shift by all bits is none: one bit goes first.
        if (rest >> 1 >> (index_bits - 1 - guard.bits) != guard.value) break;
        rest = std::rotl(rest, static_cast<int>(taken));
        slot = table.slots() + (rest & last);
        if (left == 0 || slot->type() != CapType::cap_table) return slot;
        if (link + 1 == abi::table_links) return refuse(ErrorCode::too_many_links, argument, abi::table_links);
    }
    return refuse(ErrorCode::index_out_of_range, argument, index.value());
}

}  // namespace

constinit Slot no_slot;

bool is_flat(Capability table) {
    const Guard guard = Guard::of(table);
    const uint64_t count = table.object<CapTable>()->count();
    return guard.bits == 0 || (guard.value == 0 && std::has_single_bit(count) &&
                               guard.bits + static_cast<unsigned>(std::countr_zero(count)) == index_bits);
}

Result<Slot*> look_up_linked(Task& task, CapIndex index, unsigned argument) {
    if (task.has_flat_table()) return refuse(ErrorCode::index_out_of_range, argument, index.value());
    if (task.table_slot.empty()) return refuse(ErrorCode::no_space, argument);
    return walk(task.table_slot, index, argument);
}

}  // namespace selene
