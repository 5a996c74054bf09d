// SPDX-License-Identifier: BSD-2-Clause
// Taking memory from the machine's untypeds.
#include "machine_memory.hpp"

#include <algorithm>

#include "abi/object_sizes.hpp"

namespace capdl::loader {

namespace {

constexpr uint64_t page_bytes = 4096;

uint64_t aligned(uint64_t address, uint64_t alignment) { return (address + alignment - 1) / alignment * alignment; }

/// Where in a piece the next object of a kind begins, as the kernel places it.
uint64_t next_place(const MachineMemory::Piece& piece, MachineMemory::Kind kind) {
    return aligned(piece.base + piece.taken, abi::object_alignment(kind.type, kind.size)) - piece.base;
}

}  // namespace

MachineMemory::MachineMemory(const abi::BootInfo& info, uint64_t first_scratch) : next_scratch_(first_scratch) {
    for (uint64_t number = 0; number < info.untyped_count; ++number) {
        const abi::BootUntyped& untyped = info.untypeds[number];
        pieces_[count_++] = {untyped.slot, untyped.base, untyped.bytes, 0, untyped.device != 0};
    }
}

sel::Result<void> MachineMemory::retype(Piece& piece, Kind kind, uint64_t count, uint64_t slot) {
    const sel::Untyped untyped{sel::CapIndex(piece.slot)};
    SEL_TRY_VOID(
        untyped.retype({.type = kind.type, .size = kind.size, .count = count, .table = own_table(), .first = slot}));
    piece.taken = next_place(piece, kind) + count * abi::object_bytes(kind.type, kind.size);
    return {};
}

sel::Result<void> MachineMemory::make(Kind kind, uint64_t count, uint64_t first_slot) {
    const uint64_t needed = count * abi::object_bytes(kind.type, kind.size);
    uint64_t most = 0;
    for (Piece& piece : pieces()) {
        if (piece.device) {
            continue;
        }
        const uint64_t place = next_place(piece, kind);
        const uint64_t free = place < piece.bytes ? piece.bytes - place : 0;
        if (needed <= free) {
            return retype(piece, kind, count, first_slot);
        }
        most = std::max(most, free);
    }
    return sel::refused({abi::ErrorCode::out_of_memory, needed, most});
}

sel::Result<void> MachineMemory::skip_to(Piece& piece, uint64_t address) {
    const uint64_t begin = piece.base + aligned(piece.taken, page_bytes);
    if (begin == address) {
        return {};
    }
    if (count_ == most_pieces) {
        return sel::refused({sel::LibraryError::no_slots, count_ + 1, count_});
    }
    const uint64_t slot = take_slot();
    SEL_TRY_VOID(retype(piece, {abi::ObjectType::untyped, (address - begin) / page_bytes}, 1, slot));
    pieces_[count_++] = {slot, begin, address - begin, 0, piece.device};
    return {};
}

sel::Result<void> MachineMemory::make_at(Kind kind, uint64_t address, uint64_t slot) {
    const uint64_t bytes = abi::object_bytes(kind.type, kind.size);
    if (address % abi::object_alignment(kind.type, kind.size) != 0) {
        return sel::refused({abi::ErrorCode::argument_out_of_range, 0, address});
    }
    for (size_t number = 0; number < count_; ++number) {
        Piece& piece = pieces_[number];
        const uint64_t free = piece.base + aligned(piece.taken, page_bytes);
        const uint64_t end = piece.base + piece.bytes;
        if (address < free || address >= end || bytes > end - address) {
            continue;
        }
        SEL_TRY_VOID(skip_to(piece, address));
        return retype(piece, kind, 1, slot);
    }
    return sel::refused({abi::ErrorCode::argument_out_of_range, 0, address});
}

}  // namespace capdl::loader
