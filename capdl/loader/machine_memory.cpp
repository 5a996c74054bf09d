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

MachineMemory::MachineMemory(const abi::BootInfo& info, std::span<Piece> storage, uint64_t first_scratch)
    : info_(info), storage_(storage), first_scratch_(first_scratch), next_scratch_(first_scratch) {
    list_machine();
}

void MachineMemory::list_machine() {
    const auto list = [this](uint64_t slot, uint64_t base, uint64_t bytes, bool is_device, bool is_loaders) {
        if (bytes != 0) {
            storage_[count_++] = {.slot = slot,
                                  .base = base,
                                  .bytes = bytes,
                                  .taken = is_loaders ? bytes : 0,
                                  .receiver = image::none,
                                  .is_device = static_cast<uint8_t>(is_device),
                                  .is_root = 1,
                                  .is_loaders = static_cast<uint8_t>(is_loaders),
                                  .reserved = 0,
                                  .identity = 0};
        }
    };
    count_ = 0;
    for (uint64_t number = 0; number < info_.untyped_count; ++number) {
        const abi::BootUntyped& untyped = info_.untypeds[number];
        list(untyped.slot, untyped.base, untyped.bytes, untyped.device != 0, false);
    }
    const auto loaders = [&](abi::BootSlot slot, uint64_t base, uint64_t bytes) {
        list(static_cast<uint64_t>(slot), base, bytes, false, true);
    };
    loaders(abi::BootSlot::boot_untyped, info_.boot_untyped_base, info_.boot_untyped_bytes);
    loaders(abi::BootSlot::image_untyped, info_.image_base, info_.image_untyped_bytes);
    loaders(abi::BootSlot::device_tree_untyped, info_.device_tree_base, info_.device_tree_bytes);
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
    for (size_t number = 0; number < count_; ++number) {
        const Piece& piece = storage_[number];
        const uint64_t place = next_place(piece, kind);
        const uint64_t free = place < piece.bytes ? piece.bytes - place : 0;
        if (piece.is_device != 0 || free < needed) {
            most = std::max(most, piece.is_device != 0 ? 0 : free);
            continue;
        }
        SEL_TRY(found, piece_at(piece.base + place, needed));
        SEL_TRY_VOID(retype(*found, kind, count, first_slot));
        system_bytes_ += needed;
        return {};
    }
    return sel::refused({abi::ErrorCode::out_of_memory, needed, most});
}

sel::Result<MachineMemory::Piece*> MachineMemory::cut(Piece& piece, uint64_t bytes) {
    const uint64_t size = std::min(bytes, free_bytes(piece)) / page_bytes * page_bytes;
    if (count_ == storage_.size()) {
        return sel::refused({sel::LibraryError::no_slots, count_ + 1, count_});
    }
    const uint64_t base = piece.base + piece.taken;
    const uint64_t slot = take_slot();
    SEL_TRY_VOID(retype(piece, {abi::ObjectType::untyped, size / page_bytes}, 1, slot));
    Piece& added = storage_[count_++];
    added = {.slot = slot,
             .base = base,
             .bytes = size,
             .taken = 0,
             .receiver = image::none,
             .is_device = piece.is_device,
             .is_root = 0,
             .is_loaders = 0,
             .reserved = 0,
             .identity = 0};
    return &added;
}

sel::Result<MachineMemory::Piece*> MachineMemory::piece_at(uint64_t address, uint64_t bytes) {
    for (size_t number = 0; number < count_; ++number) {
        Piece& piece = storage_[number];
        const uint64_t free = piece.base + piece.taken;
        const uint64_t end = piece.base + piece.bytes;
        if (address < free || address >= end || bytes > end - address) {
            continue;
        }
        if (address > free) {
            SEL_TRY_VOID(cut(piece, address - free));
        }
        return &piece;
    }
    return sel::refused({abi::ErrorCode::argument_out_of_range, 0, address});
}

sel::Result<void> MachineMemory::make_at(Kind kind, uint64_t address, uint64_t slot) {
    const uint64_t bytes = abi::object_bytes(kind.type, kind.size);
    if (address % abi::object_alignment(kind.type, kind.size) != 0) {
        return sel::refused({abi::ErrorCode::argument_out_of_range, 0, address});
    }
    SEL_TRY(piece, piece_at(address, bytes));
    SEL_TRY_VOID(retype(*piece, kind, 1, slot));
    system_bytes_ += piece->is_device != 0 ? 0 : bytes;
    return {};
}

sel::Result<MachineMemory::Piece*> MachineMemory::cut_at(uint64_t address, uint64_t bytes) {
    SEL_TRY(piece, piece_at(address, bytes));
    return cut(*piece, bytes);
}

bool MachineMemory::take_all_back() {
    bool complete = true;
    for (const Piece& piece : pieces()) {
        if (piece.is_root == 0 || piece.is_loaders != 0) {
            continue;
        }
        const auto taken = own_table().unmap({.first = piece.slot, .count = 1, .root = abi::KeepRoot::descendants});
        const auto left = sel::Untyped(sel::CapIndex(piece.slot)).inspect();
        complete = complete && taken && left && left->used == 0;
    }
    list_machine();
    system_bytes_ = 0;
    return complete;
}

}  // namespace capdl::loader
