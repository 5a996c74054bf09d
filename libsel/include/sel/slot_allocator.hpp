// SPDX-License-Identifier: BSD-2-Clause
// Free slots of the component's own capability table.
#pragma once

#include <cstdint>

#include <sel/cap_index.hpp>
#include <sel/range_set.hpp>
#include <sel/result.hpp>

namespace sel {

class Environment;

/// Knows which slots are free. It is bookkeeping only: it needs no capability and calls no kernel, and who takes a
/// slot fills it and empties it.
class SlotAllocator {
public:
    /// Without slots.
    SlotAllocator() = default;

    /// With the free slots that the environment names.
    explicit SlotAllocator(const Environment& environment);

    /// Adds empty slots. Errors: not_allocated if one of them is free here already.
    Result<void> add(CapIndex first, uint64_t count);

    /// Takes `count` consecutive slots. Errors: no_slots.
    [[nodiscard]] Result<CapIndex> allocate(uint64_t count = 1);

    /// Gives back slots, which must be empty. Errors: not_allocated if one of them is free already.
    Result<void> release(CapIndex first, uint64_t count = 1);

    /// How many slots are free.
    [[nodiscard]] uint64_t available() const { return free_.total(); }

private:
    RangeSet free_;
};

/// The one that the whole component shares.
[[nodiscard]] SlotAllocator& own_slots();

}  // namespace sel
