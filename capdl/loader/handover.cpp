// SPDX-License-Identifier: BSD-2-Clause
// What is left goes to the component that the specification names; what the system is made from stays out of
// everybody's reach.
#include <algorithm>

#include <sel/handover_format.hpp>

#include "abi/object_sizes.hpp"
#include "loader.hpp"

namespace capdl::loader {

namespace {

constexpr uint64_t page_bytes = 4096;

uint64_t round_up_to_page(uint64_t bytes) { return (bytes + page_bytes - 1) / page_bytes * page_bytes; }

}  // namespace

/// What is handed over: the own slot of each untyped, and what the receiver is told of it.
struct Loader::HandoverList {
    uint64_t limit;
    uint64_t first_slot;
    uint64_t count = 0;
    uint64_t own_slots[sel::handed_over_limit];
    sel::HandedOverUntyped entries[sel::handed_over_limit];

    /// False if there is no room for it.
    bool add(uint64_t own_slot, uint64_t address, uint64_t bytes, sel::HandedOverKind kind) {
        if (count == limit) {
            return false;
        }
        own_slots[count] = own_slot;
        entries[count] = {first_slot + count, address, bytes, kind};
        ++count;
        return true;
    }
};

/// Of an untyped of which something is in use, the rest becomes a fresh one: its receiver is an ancestor of nothing.
bool Loader::list_remainder(HandoverList& list) {
    const auto boot = [&](abi::BootSlot slot, uint64_t address, uint64_t bytes) {
        return bytes == 0 || list.add(static_cast<uint64_t>(slot), address, bytes, sel::HandedOverKind::boot);
    };
    bool complete = boot(abi::BootSlot::boot_untyped, info_.boot_untyped_base, info_.boot_untyped_bytes) &&
                    boot(abi::BootSlot::image_untyped, info_.image_base, info_.image_untyped_bytes) &&
                    boot(abi::BootSlot::device_tree_untyped, info_.device_tree_base, info_.device_tree_bytes);
    uint64_t quota = system_.header().handover_quota != 0 ? system_.header().handover_quota : ~uint64_t{0};
    for (MachineMemory::Piece& piece : memory_.pieces()) {
        const auto kind = piece.device ? sel::HandedOverKind::device : sel::HandedOverKind::memory;
        uint64_t slot = piece.slot;
        const uint64_t taken = round_up_to_page(piece.taken);
        uint64_t bytes = piece.bytes - taken;
        if (!piece.device) {
            bytes = std::min(bytes, quota / page_bytes * page_bytes);
            quota -= bytes;
        }
        if (bytes == 0) {
            continue;
        }
        if (taken != 0 || bytes != piece.bytes) {
            slot = memory_.take_slot();
            const sel::Untyped whole{sel::CapIndex(piece.slot)};
            const auto rest = whole.retype({.type = abi::ObjectType::untyped,
                                            .size = bytes / page_bytes,
                                            .count = 1,
                                            .table = memory_.own_table(),
                                            .first = slot});
            if (!rest) {
                report_.print("loader: the rest of the memory at {:#x} is refused: {}\n", piece.base, rest.error());
                return false;
            }
            piece.taken = piece.bytes;
        }
        complete = complete && list.add(slot, piece.base + taken, bytes, kind);
    }
    if (!complete) {
        report_.print("loader: more ranges of memory are left over than the {} slots that are to take them\n",
                      list.limit);
    }
    return complete;
}

void Loader::write_description(const HandoverList& list, uint64_t address) const {
    auto* page = reinterpret_cast<char*>(address);
    const sel::HandedOverHeader header{sel::handed_over_magic, list.count};
    std::copy_n(reinterpret_cast<const char*>(&header), sizeof header, page);
    std::copy_n(reinterpret_cast<const char*>(list.entries), list.count * sizeof(sel::HandedOverUntyped),
                page + sizeof header);
}

bool Loader::hand_over() {
    const image::Header& header = system_.header();
    if (header.handover_table == image::none) {
        return true;
    }
    static HandoverList list;  // too large for the stack
    list.limit = std::min<uint64_t>(header.handover_slots, sel::handed_over_limit);
    list.first_slot = header.handover_slot;
    const auto fills = system_.fills();
    const auto description = std::ranges::find(fills, image::FillKind::handed_over, &image::FillRecord::kind);
    const bool is_described = description != fills.end();
    uint64_t window = 0;
    if (is_described) {
        // Opening the window takes memory for its page tables: before the rest is counted.
        const auto opened = window_.open(slot_of(description->frame), 1, *system_.frame_size_bits(description->frame));
        if (!opened) {
            return refuse("the description of the memory", description->frame, opened.error());
        }
        window = *opened;
    }
    if (!list_remainder(list)) {
        return false;
    }
    if (is_described) {
        write_description(list, window + description->offset);
        if (const auto closed = window_.close(slot_of(description->frame), 1); !closed) {
            return refuse("the description of the memory", description->frame, closed.error());
        }
    }
    const auto receiver = to<sel::CapTable>(header.handover_table);
    for (uint64_t number = 0; number < list.count; ++number) {
        const auto granted = receiver.grant({.first = list.entries[number].slot,
                                             .source = memory_.own_table(),
                                             .source_first = list.own_slots[number],
                                             .count = 1});
        if (!granted) {
            return refuse("handing memory over", header.handover_table, granted.error());
        }
    }
    return true;
}

/// The origins, what the loader has derived for the system, and the machine's own capabilities that the system descends
/// from go to a table that no task has: what stays in the loader's table ends with it.
bool Loader::store_origins() {
    const uint32_t table_number = system_.header().origins_table;
    const auto table = to<sel::CapTable>(table_number);
    uint64_t next = 0;
    const auto store = [&](uint64_t first, uint64_t count) {
        const auto done =
            table.grant({.first = next, .source = memory_.own_table(), .source_first = first, .count = count});
        next += count;
        return done.has_value() || refuse("storing the origins", table_number, done.error());
    };
    for (const uint64_t authority :
         {slot_of(image::interrupt_control), slot_of(image::power_control), slot_of(image::schedule_control)}) {
        if (!store(authority, 1)) {
            return false;
        }
    }
    for (const MachineMemory::Piece& piece : memory_.pieces()) {
        if (piece.taken != 0 && !store(piece.slot, 1)) {
            return false;
        }
    }
    // The table's own origin comes last: the slot through which it is named must stay until then.
    const uint64_t all = system_.objects().size() + system_.header().extra_count;
    return (table_number == 0 || store(base_, table_number)) &&
           (all == table_number + uint64_t{1} || store(slot_of(table_number + uint64_t{1}), all - table_number - 1)) &&
           store(slot_of(table_number), 1);
}

}  // namespace capdl::loader
