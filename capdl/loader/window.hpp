// SPDX-License-Identifier: BSD-2-Clause
// A window in one's own address space through which one writes into frames.
#pragma once

#include <sel/objects.hpp>

#include "abi/boot_info.hpp"

namespace capdl::loader {

namespace abi = selene::abi;

/// Maps frames of the own table for a while: at one address for small frames, at another for larger ones, since the
/// former need a page table where the latter must not have one.
class Window {
public:
    /// For the small frames two, for large ones two more if they lie in the next GiB.
    static constexpr uint64_t table_count = 4;

    /// `table` and `space`: the own ones. `address`: rounded up to 2 MiB; from there on nothing is mapped in 4 MiB, or, for
    /// frames of 1 GiB, in 2 GiB.
    Window(sel::CapTable table, sel::AddressSpace space, uint64_t address)
        : table_(table), space_(space), address_(aligned_up(address, large_bytes)) {}

    /// First of all: makes the window's page tables, in `table_count` empty slots of the own table.
    [[nodiscard]] sel::Result<void> prepare(sel::Untyped memory, uint64_t first_slot);
    /// Frames that fit at once.
    [[nodiscard]] static uint64_t capacity(unsigned size_bits) { return size_bits == small_bits ? small_capacity : 1; }

    /// The address at which `count` frames from `slot` on are now mapped.
    [[nodiscard]] sel::Result<uint64_t> open(uint64_t slot, uint64_t count, unsigned size_bits,
                                             abi::MemoryKind kind = abi::MemoryKind::normal);
    /// For good: registers of a device, beside the window; as many times as pages of small frames are left in 2 MiB.
    [[nodiscard]] sel::Result<uint64_t> map_device(uint64_t slot);
    /// Undo open.
    [[nodiscard]] sel::Result<void> close(uint64_t slot, uint64_t count) const;

private:
    static constexpr unsigned small_bits = 12;
    static constexpr unsigned large_bits = 21;
    static constexpr uint64_t large_bytes = uint64_t{1} << large_bits;
    static constexpr uint64_t huge_bytes = uint64_t{1} << 30;
    static constexpr uint64_t small_capacity = 256;
    static uint64_t aligned_up(uint64_t address, uint64_t alignment) {
        return (address + alignment - 1) / alignment * alignment;
    }
    [[nodiscard]] uint64_t place_for(unsigned size_bits) const;
    [[nodiscard]] sel::Result<void> map(uint64_t slot, uint64_t count, uint64_t address, abi::MemoryKind kind);

    sel::CapTable table_;
    sel::AddressSpace space_;
    uint64_t address_;
    uint64_t next_table_ = 0;
    uint64_t tables_end_ = 0;
    uint64_t devices_ = 0;
};

}  // namespace capdl::loader
