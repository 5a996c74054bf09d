// SPDX-License-Identifier: BSD-2-Clause
// What is left goes to the components that the specification names; what the system is made from stays out of
// everybody's reach.
#include <algorithm>
#include <cstring>

#include "loader.hpp"

namespace capdl::loader {

namespace {

sel::HandedOverKind kind_of(const MachineMemory::Piece& piece) {
    return piece.is_loaders != 0  ? sel::HandedOverKind::boot
           : piece.is_device != 0 ? sel::HandedOverKind::device
                                  : sel::HandedOverKind::memory;
}

bool describes(const image::FillRecord& fill, uint32_t receiver) {
    return fill.kind == image::FillKind::handed_over && fill.subject == receiver;
}

/// The kernel's name of a piece that is still in the own table, by which reading back knows it again; 0, which nothing has,
/// if the kernel says that it lies elsewhere.
uint64_t identity_of(const MachineMemory::Piece& piece) {
    const auto memory = sel::Untyped(sel::CapIndex(piece.slot)).inspect();
    const auto held = MachineMemory::own_table().inspect(piece.slot);
    return memory && held && memory->base == piece.base ? held->object : 0;
}

}  // namespace

/// Those with a quota come first in the image. The last one gets the devices, and the memory that the loader lies in
/// beside its quota, if it has one; the page of the serial line, too, if the specification does not have it.
bool Loader::hand_over() {
    const auto receivers = static_cast<uint32_t>(system_.handovers().size());
    for (uint32_t receiver = 0; receiver < receivers; ++receiver) {
        if (!cut_for(receiver)) {
            return false;
        }
    }
    for (uint32_t receiver = 0; receiver < receivers; ++receiver) {
        if (!describe_and_grant(receiver)) {
            return false;
        }
    }
    return true;
}

/// Everything but the loader's own comes as a fresh untyped: its receiver is an ancestor of nothing of the system.
bool Loader::cut_for(uint32_t receiver) {
    const image::HandoverRecord& record = system_.handovers()[receiver];
    const bool is_last = receiver + 1 == system_.handovers().size();
    uint64_t quota = record.quota != 0 ? record.quota : ~uint64_t{0};
    const size_t known = memory_.pieces().size();
    for (size_t number = 0; number < known; ++number) {
        MachineMemory::Piece& piece = memory_.pieces()[number];
        if (piece.is_loaders != 0 || serial_.lies_in(piece)) {
            piece.receiver = is_last && !stays ? receiver : image::none;
            continue;
        }
        const bool is_wanted = piece.receiver == image::none && (piece.is_device == 0 || is_last);
        const uint64_t bytes = std::min(MachineMemory::free_bytes(piece), piece.is_device != 0 ? ~uint64_t{0} : quota);
        if (!is_wanted || bytes < image::page_size) {
            continue;
        }
        const auto rest = memory_.cut(piece, bytes);
        if (!rest) {
            report_.print("loader: the rest of the memory at {:#x} is refused: {}\n", piece.base, rest.error());
            return false;
        }
        (*rest)->receiver = receiver;
        quota -= piece.is_device != 0 ? 0 : (*rest)->bytes;
    }
    return true;
}

bool Loader::describe_and_grant(uint32_t receiver) {
    const image::HandoverRecord& record = system_.handovers()[receiver];
    const auto is_its = [&](const MachineMemory::Piece& piece) { return piece.receiver == receiver; };
    const auto count = static_cast<uint64_t>(std::ranges::count_if(memory_.pieces(), is_its));
    const auto pages = static_cast<uint64_t>(std::ranges::count_if(
        system_.fills(), [&](const image::FillRecord& fill) { return describes(fill, receiver); }));
    const uint64_t most = pages == 0 ? record.slots : std::min(record.slots, sel::handed_over_entries(pages));
    if (count > most) {
        report_.print("loader: {} ranges of memory are left over for {}, which has room for {}\n", count,
                      name(record.table), most);
        return false;
    }
    uint64_t slot = record.slot;
    for (MachineMemory::Piece& piece : memory_.pieces()) {
        if (!is_its(piece)) {
            continue;
        }
        piece.identity = identity_of(piece);
        const auto granted =
            to<sel::CapTable>(record.table)
                .grant({.first = slot, .source = MachineMemory::own_table(), .source_first = piece.slot, .count = 1});
        if (!granted) {
            return refuse("handing memory over", record.table, granted.error());
        }
        piece.slot = slot++;
    }
    return write_description(receiver);
}

bool Loader::write_description(uint32_t receiver) {
    sel::HandedOverHeader header{.magic = sel::handed_over_magic,
                                 .count = 0,
                                 .boot_bytes = info_.boot_bytes,
                                 .kernel_bytes = info_.kernel_bytes,
                                 .system_bytes = memory_.system_bytes(),
                                 .other_bytes = 0};
    for (const MachineMemory::Piece& piece : memory_.pieces()) {
        if (piece.receiver == receiver) {
            ++header.count;
        } else if (piece.is_device == 0) {
            header.other_bytes +=
                piece.receiver != image::none || piece.is_loaders != 0 ? piece.bytes : MachineMemory::free_bytes(piece);
        }
    }
    return std::ranges::all_of(system_.fills(), [&](const image::FillRecord& fill) {
        return !describes(fill, receiver) || write_page(fill, header);
    });
}

/// What of the description falls into one page, where an entry may begin or end.
bool Loader::write_page(const image::FillRecord& page, const sel::HandedOverHeader& header) {
    const uint64_t frame = slot_of(page.frame);
    const auto opened = window_.open(frame, 1, *system_.frame_size_bits(page.frame));
    if (!opened) {
        return refuse("the description of the memory", page.frame, opened.error());
    }
    const auto put = [&](uint64_t offset, const void* bytes, uint64_t size) {
        const uint64_t begin = std::max(offset, page.value);
        const uint64_t end = std::min(offset + size, page.value + page.length);
        if (begin < end) {
            std::memcpy(reinterpret_cast<char*>(*opened + page.offset + (begin - page.value)),
                        static_cast<const char*>(bytes) + (begin - offset), end - begin);
        }
    };
    put(0, &header, sizeof header);
    uint64_t offset = sizeof header;
    for (const MachineMemory::Piece& piece : memory_.pieces()) {
        if (piece.receiver == page.subject) {
            const sel::HandedOverUntyped entry{piece.slot, piece.base, piece.bytes, kind_of(piece)};
            put(offset, &entry, sizeof entry);
            offset += sizeof entry;
        }
    }
    const auto closed = window_.close(frame, 1);
    return closed || refuse("the description of the memory", page.frame, closed.error());
}

/// What the loader itself lies in has been granted as it was: to take back the rest it has to have that again.
void Loader::take_back_own_memory() {
    for (MachineMemory::Piece& piece : memory_.pieces()) {
        if (piece.is_loaders == 0 || piece.receiver == image::none) {
            continue;
        }
        const uint64_t slot = memory_.take_slot();
        if (MachineMemory::own_table().grant({.first = slot,
                                              .source = to<sel::CapTable>(system_.handovers()[piece.receiver].table),
                                              .source_first = piece.slot,
                                              .count = 1})) {
            piece.slot = slot;
            piece.receiver = image::none;
        }
    }
}

/// Untypeds that cover a part of the system, to those who may take that part back.
bool Loader::grant_untypeds() {
    for (const image::GrantRecord& record : system_.grants()) {
        const auto granted = to<sel::CapTable>(record.table)
                                 .grant({.first = record.slot,
                                         .source = MachineMemory::own_table(),
                                         .source_first = slot_of(record.object),
                                         .count = 1});
        if (!granted) {
            return refuse("handing over what restarts", record.object, granted.error());
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
            table.grant({.first = next, .source = MachineMemory::own_table(), .source_first = first, .count = count});
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
        if (piece.receiver == image::none && piece.is_loaders == 0 && !store(piece.slot, 1)) {
            return false;
        }
    }
    // Sources, in their order. Where one has been granted, which few are, a slot stays empty. The table's own origin comes
    // last: the slot through which it is named must stay until then.
    const uint64_t all = system_.objects().size() + system_.header().extra_count;
    for (uint64_t begin = 0; begin < all;) {
        uint64_t end = all;
        const auto stop_at = [&](uint64_t object) { end = object >= begin ? std::min(end, object) : end; };
        stop_at(table_number);
        for (const image::GrantRecord& record : system_.grants()) {
            stop_at(record.object);
        }
        if (end > begin && !store(slot_of(begin), end - begin)) {
            return false;
        }
        next += end == table_number ? 0 : 1;
        begin = end + 1;
    }
    return store(slot_of(table_number), 1);
}

}  // namespace capdl::loader
