// SPDX-License-Identifier: BSD-2-Clause
// The machine's memory as the first task holds it: untypeds, and what the loader has taken from each.
#pragma once

#include <array>
#include <span>

#include <sel/objects.hpp>

#include "abi/boot_info.hpp"

namespace capdl::loader {

namespace abi = selene::abi;

/// Makes objects straight from the machine's untypeds: anywhere, or at a physical address. From each untyped memory is
/// taken upwards only. What has to be skipped to reach an address becomes an untyped of its own, so nothing is lost.
class MachineMemory {
public:
    /// An untyped of the machine or a piece of one.
    struct Piece {
        uint64_t slot;
        uint64_t base;  ///< physical address
        uint64_t bytes;
        uint64_t taken;  ///< from its beginning
        bool device;
    };

    /// A type and the size argument of retype.
    struct Kind {
        abi::ObjectType type;
        uint64_t size;
    };

    /// `scratch`: slots of the own table, from `first_scratch` on, that nobody else uses.
    MachineMemory(const abi::BootInfo& info, uint64_t first_scratch);

    /// Objects in consecutive slots, in one piece of RAM. Errors: out_of_memory with the bytes needed and the most that
    /// are free in one piece.
    [[nodiscard]] sel::Result<void> make(Kind kind, uint64_t count, uint64_t first_slot);
    /// One frame or untyped at a physical address. Errors: argument_out_of_range if no untyped has it, it
    /// is taken, or no object of this size begins there.
    [[nodiscard]] sel::Result<void> make_at(Kind kind, uint64_t address, uint64_t slot);

    [[nodiscard]] uint64_t take_slot() { return next_scratch_++; }
    [[nodiscard]] std::span<Piece> pieces() { return {pieces_.data(), count_}; }
    [[nodiscard]] sel::CapTable own_table() const {
        return sel::CapTable(sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::table)));
    }

private:
    [[nodiscard]] sel::Result<void> retype(Piece& piece, Kind kind, uint64_t count, uint64_t slot);
    /// Make the next object of `piece` lie at `address`, by turning what lies before into a piece of its own.
    [[nodiscard]] sel::Result<void> skip_to(Piece& piece, uint64_t address);

    // As many as the kernel can name, and one for each place that something is put at.
    static constexpr size_t most_pieces = 2 * abi::BootInfo::maximum_untypeds;
    std::array<Piece, most_pieces> pieces_{};
    size_t count_ = 0;
    uint64_t next_scratch_;
};

}  // namespace capdl::loader
