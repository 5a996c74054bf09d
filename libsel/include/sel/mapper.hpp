// SPDX-License-Identifier: BSD-2-Clause
// Mapping frames into an address space, with the page tables that this takes.
#pragma once

#include <cstdint>
#include <vector>

#include <sel/address_allocator.hpp>
#include <sel/objects.hpp>
#include <sel/result.hpp>
#include <sel/untyped_allocator.hpp>

namespace sel {

/// Frames of one size in consecutive slots of the component's own table.
struct Frames {
    CapIndex first;
    uint64_t count = 0;
    unsigned size_bits = 12;  ///< log2 of the bytes in one: 12, 21 or 30

    [[nodiscard]] constexpr uint64_t bytes() const { return count << size_bits; }
};

/// What a mapping allows and how it caches.
struct Access {
    abi::RightsMask rights = abi::RightsMask(abi::Right::read) | abi::Right::write;
    abi::MemoryKind kind = abi::MemoryKind::normal;
};

/// Maps frames into one address space. Where a page table is missing it makes one and hangs it in; tables stay for the
/// next mapping and go when the mapper goes. Rights needed: W on the space, R on the table that holds the frames.
///
/// Example: a device's registers.
///
///     sel::Result<uint64_t> map_registers(sel::Mapper& mapper, sel::Frame registers) {
///         return mapper.map({.first = registers.index(), .count = 1}, {.kind = sel::abi::MemoryKind::device});
///     }
class Mapper {
public:
    /// `table` is the component's own table; page tables come from `memory`, places to map at from `addresses`.
    Mapper(AddressSpace space, CapTable table, UntypedAllocator& memory, AddressAllocator& addresses)
        : space_(space), table_(table), memory_(memory), addresses_(addresses) {}

    /// Gives the page tables back, and with them goes whatever is still mapped through them.
    ~Mapper();
    Mapper(const Mapper&) = delete;
    Mapper& operator=(const Mapper&) = delete;

    /// Maps frames where there is room and returns the address; all of them or none.
    /// Errors: no_addresses; those of allocating page tables; what AddressSpace.map refuses.
    [[nodiscard]] Result<uint64_t> map(const Frames& frames, const Access& access = {});

    /// Undoes map. Errors: what AddressSpace.unmap refuses; not_allocated if the address is not from map.
    Result<void> unmap(uint64_t address, const Frames& frames);

    /// Maps frames at an address of the caller's choice, a multiple of their size; all of them or none.
    /// Errors: as for map.
    Result<void> map_at(uint64_t address, const Frames& frames, const Access& access = {});

    /// Undoes map_at. Errors: what AddressSpace.unmap refuses.
    Result<void> unmap_at(const Frames& frames);

private:
    [[nodiscard]] Result<void> add_table(uint64_t address);

    AddressSpace space_;
    CapTable table_;
    UntypedAllocator& memory_;
    AddressAllocator& addresses_;
    std::vector<UntypedAllocator::Objects> tables_;
};

}  // namespace sel
