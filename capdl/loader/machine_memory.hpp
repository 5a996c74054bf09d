// SPDX-License-Identifier: BSD-2-Clause
// The machine's memory as the first task holds it: untypeds, and what the loader has taken from each.
#pragma once

#include <span>
#include <utility>

#include <sel/objects.hpp>

#include "abi/boot_info.hpp"
#include "image/format.hpp"
#include "window.hpp"

namespace capdl::loader {

/// Makes objects straight from the machine's untypeds: anywhere, or at a physical address. From each untyped memory is
/// taken upwards only. What has to be skipped to reach an address becomes an untyped of its own, so nothing is lost.
class MachineMemory {
public:
    using Piece = image::Piece;

    /// A type and the size argument of retype.
    struct Kind {
        abi::ObjectType type;
        uint64_t size;
    };

    /// `storage`: room for the pieces. From `first_scratch` on, nobody else uses the slots of the own table.
    MachineMemory(const abi::BootInfo& info, std::span<Piece> storage, uint64_t first_scratch);

    /// Objects of the system in consecutive slots, in one piece of RAM. Errors: out_of_memory with the bytes needed and
    /// the most that are free in one piece.
    [[nodiscard]] sel::Result<void> make(Kind kind, uint64_t count, uint64_t first_slot);
    /// One frame or untyped of the system at a physical address. Errors: argument_out_of_range if no untyped has it, it
    /// is taken, or no object of this size begins there.
    [[nodiscard]] sel::Result<void> make_at(Kind kind, uint64_t address, uint64_t slot);
    /// What is free of a piece, at most `bytes` of it, as a fresh untyped and a piece of its own.
    [[nodiscard]] sel::Result<Piece*> cut(Piece& piece, uint64_t bytes);
    /// The same at a physical address: a multiple of 4096, as is `bytes`. Errors: as make_at.
    [[nodiscard]] sel::Result<Piece*> cut_at(uint64_t address, uint64_t bytes);
    /// Give all memory back, whatever was made of it. False if some of it is in use all the same.
    [[nodiscard]] bool take_all_back();

    /// The loader's window into frames.
    [[nodiscard]] static Window window(const abi::BootInfo& info) {
        const auto space = sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::space));
        return Window(own_table(), sel::AddressSpace(space), info.free_address);
    }
    /// Gives the loader's window its page tables, from the boot untyped: they go with the loader.
    [[nodiscard]] sel::Result<void> prepare(Window& window) {
        return window.prepare(sel::Untyped(sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::boot_untyped))),
                              take_slots(Window::table_count));
    }

    /// Slots of the own table that nothing else uses.
    [[nodiscard]] uint64_t take_slots(uint64_t count) { return std::exchange(next_scratch_, next_scratch_ + count); }
    [[nodiscard]] uint64_t take_slot() { return take_slots(1); }
    /// All those, from first_scratch() on, before next_scratch().
    [[nodiscard]] uint64_t first_scratch() const { return first_scratch_; }
    [[nodiscard]] uint64_t next_scratch() const { return next_scratch_; }
    [[nodiscard]] std::span<Piece> pieces() { return storage_.first(count_); }
    [[nodiscard]] std::span<const Piece> pieces() const { return storage_.first(count_); }
    /// Bytes of RAM that the system's objects take.
    [[nodiscard]] uint64_t system_bytes() const { return system_bytes_; }
    [[nodiscard]] static uint64_t free_bytes(const Piece& piece) { return piece.bytes - piece.taken; }
    [[nodiscard]] static sel::CapTable own_table() {
        return sel::CapTable(sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::table)));
    }

private:
    void list_machine();
    [[nodiscard]] sel::Result<void> retype(Piece& piece, Kind kind, uint64_t count, uint64_t slot);
    /// The piece whose next object will lie at `address`: what lies before it is turned into a piece of its own.
    [[nodiscard]] sel::Result<Piece*> piece_at(uint64_t address, uint64_t bytes);

    const abi::BootInfo& info_;
    std::span<Piece> storage_;
    size_t count_ = 0;
    uint64_t first_scratch_;
    uint64_t next_scratch_;
    uint64_t system_bytes_ = 0;
};

}  // namespace capdl::loader
