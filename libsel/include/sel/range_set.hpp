// SPDX-License-Identifier: BSD-2-Clause
// Free ranges of whole numbers: what slots and addresses are taken from and given back to.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sel {

struct Range {
    uint64_t first;
    uint64_t count;
    friend bool operator==(const Range&, const Range&) = default;
};

/// The numbers that are free, as ranges in rising order that neither overlap nor touch. Taking searches for the first
/// range that fits and costs a step for each range before it; while everything is given back, there is one range.
///
/// Example: numbers from 0 to 99, eight of them from a multiple of eight on.
///
///     std::optional<uint64_t> take_eight() {
///         sel::RangeSet free;
///         return free.give({.first = 0, .count = 100}) ? free.take(8, 8) : std::nullopt;
///     }
class RangeSet {
public:
    /// Makes numbers free. False, and nothing happens, if one of them is free already or the range leaves 64 bits.
    [[nodiscard]] bool give(Range range);

    /// Takes `count` numbers in a row, the first a multiple of `alignment` (a power of two); nothing if there are
    /// none.
    [[nodiscard]] std::optional<uint64_t> take(uint64_t count, uint64_t alignment = 1);

    /// The length of the longest range.
    [[nodiscard]] uint64_t largest() const;

    /// How many numbers are free.
    [[nodiscard]] uint64_t total() const;

    [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

private:
    std::vector<Range> ranges_;
};

}  // namespace sel
