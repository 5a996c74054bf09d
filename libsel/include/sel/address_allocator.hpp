// SPDX-License-Identifier: BSD-2-Clause
// Free addresses of the component's own address space.
#pragma once

#include <cstdint>

#include <sel/range_set.hpp>
#include <sel/result.hpp>

namespace sel {

class Environment;

/// Knows where nothing is mapped. It is bookkeeping only; sel/mapper.hpp maps.
///
/// Example: a place for a frame of 2 MiB.
///
///     sel::Result<uint64_t> place_for_large_frame(sel::AddressAllocator& addresses) {
///         constexpr uint64_t bytes = 2 << 20;
///         return addresses.allocate(bytes, bytes);
///     }
class AddressAllocator {
public:
    /// Without addresses.
    AddressAllocator() = default;

    /// With the free addresses that the environment names.
    explicit AddressAllocator(const Environment& environment);

    /// Adds addresses. Errors: not_allocated if one of them is free here already.
    Result<void> add(uint64_t address, uint64_t bytes);

    /// Takes `bytes` bytes in a row at a multiple of `alignment`, a power of two. Errors: no_addresses.
    [[nodiscard]] Result<uint64_t> allocate(uint64_t bytes, uint64_t alignment = 4096);

    /// Gives back addresses. Errors: not_allocated if one of them is free already.
    Result<void> release(uint64_t address, uint64_t bytes);

    /// How many bytes are free.
    [[nodiscard]] uint64_t available() const { return free_.total(); }

private:
    RangeSet free_;
};

/// The one that the whole component shares.
[[nodiscard]] AddressAllocator& own_addresses();

}  // namespace sel
