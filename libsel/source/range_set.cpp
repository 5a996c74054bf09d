// SPDX-License-Identifier: BSD-2-Clause
// Taking from and giving back to a sorted list of free ranges.

#include <sel/range_set.hpp>

#include <algorithm>

namespace sel {

bool RangeSet::give(Range range) {
    if (range.count == 0) {
        return true;
    }
    if (range.count > UINT64_MAX - range.first) {
        return false;
    }
    const auto next = std::ranges::upper_bound(ranges_, range.first, {}, &Range::first);
    const auto previous = next == ranges_.begin() ? ranges_.end() : next - 1;
    const bool overlaps_previous = previous != ranges_.end() && range.first - previous->first < previous->count;
    const bool overlaps_next = next != ranges_.end() && next->first - range.first < range.count;
    if (overlaps_previous || overlaps_next) {
        return false;
    }
    const bool touches_previous = previous != ranges_.end() && previous->first + previous->count == range.first;
    const bool touches_next = next != ranges_.end() && range.first + range.count == next->first;
    if (touches_previous) {
        previous->count += range.count + (touches_next ? next->count : 0);
        if (touches_next) {
            ranges_.erase(next);
        }
    } else if (touches_next) {
        *next = {range.first, range.count + next->count};
    } else {
        ranges_.insert(next, range);
    }
    return true;
}

std::optional<uint64_t> RangeSet::take(uint64_t count, uint64_t alignment) {
    for (auto range = ranges_.begin(); range != ranges_.end(); ++range) {
        const uint64_t skipped = (0 - range->first) & (alignment - 1);
        if (count == 0 || range->count < skipped || range->count - skipped < count) {
            continue;
        }
        const uint64_t first = range->first + skipped;
        const Range rest{first + count, range->count - skipped - count};
        if (skipped == 0 && rest.count == 0) {
            ranges_.erase(range);
        } else if (skipped == 0) {
            *range = rest;
        } else {
            range->count = skipped;
            if (rest.count != 0) {
                ranges_.insert(range + 1, rest);
            }
        }
        return first;
    }
    return std::nullopt;
}

uint64_t RangeSet::largest() const {
    uint64_t largest = 0;
    for (const Range& range : ranges_) {
        largest = std::max(largest, range.count);
    }
    return largest;
}

uint64_t RangeSet::total() const {
    uint64_t total = 0;
    for (const Range& range : ranges_) {
        total += range.count;
    }
    return total;
}

}  // namespace sel
