// SPDX-License-Identifier: BSD-2-Clause
// Sets of physical memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "base/units.hpp"
#include "boot/boot_description.hpp"

namespace selene::boot {

constexpr uint64_t end_of(PhysRange range) { return range.base + range.size; }
constexpr bool overlap(PhysRange a, PhysRange b) { return std::max(a.base, b.base) < std::min(end_of(a), end_of(b)); }
constexpr bool contains(PhysRange outer, PhysRange inner) {
    return outer.base <= inner.base && end_of(inner) <= end_of(outer);
}

/// [base, end) shrunk, or grown, to whole pages; no page if nothing is left.
constexpr PhysRange pages_inside(uint64_t base, uint64_t end) {
    const uint64_t first = round_up(base, page_bytes);
    const uint64_t last = end / page_bytes * page_bytes;
    return {first, last > first ? last - first : 0};
}
constexpr PhysRange pages_around(uint64_t base, uint64_t end) {
    const uint64_t first = base / page_bytes * page_bytes;
    return {first, end > base ? round_up(end, page_bytes) - first : 0};
}

/// A set of pages as an ordered list of ranges that neither overlap nor touch. No range ends beyond 2^63.
template <size_t capacity>
class RangeList {
public:
    /// False if there are more ranges than fit; the set is then as before.
    [[nodiscard]] constexpr bool add(PhysRange range) {
        if (range.size == 0) return true;
        auto first = std::find_if(begin(), end(), [&](PhysRange r) { return end_of(r) >= range.base; });
        auto last = std::find_if(first, end(), [&](PhysRange r) { return r.base > end_of(range); });
        if (first == last) return insert(first, range);
        const uint64_t joined_end = std::max(end_of(range), end_of(*(last - 1)));
        first->base = std::min(first->base, range.base);
        first->size = joined_end - first->base;
        erase(first + 1, last);
        return true;
    }

    /// Likewise.
    [[nodiscard]] constexpr bool remove(PhysRange range) {
        if (range.size == 0) return true;
        auto first = std::find_if(begin(), end(), [&](PhysRange r) { return end_of(r) > range.base; });
        if (first == end()) return true;
        if (first->base < range.base && end_of(range) < end_of(*first)) {
            const PhysRange rest{end_of(range), end_of(*first) - end_of(range)};
            if (!insert(first + 1, rest)) return false;
            first->size = range.base - first->base;
            return true;
        }
        if (first->base < range.base) {
            first->size = range.base - first->base;
            first++;
        }
        auto last = std::find_if(first, end(), [&](PhysRange r) { return end_of(r) > end_of(range); });
        if (last != end() && last->base < end_of(range)) {
            last->size = end_of(*last) - end_of(range);
            last->base = end_of(range);
        }
        erase(first, last);
        return true;
    }

    template <size_t other_capacity>
    [[nodiscard]] constexpr bool remove(const RangeList<other_capacity>& ranges) {
        return std::ranges::all_of(ranges.view(), [&](PhysRange range) { return remove(range); });
    }

    [[nodiscard]] constexpr bool holds(PhysRange range) const {
        return std::ranges::any_of(view(), [&](PhysRange r) { return contains(r, range); });
    }
    [[nodiscard]] constexpr bool touches(PhysRange range) const {
        return std::ranges::any_of(view(), [&](PhysRange r) { return overlap(r, range); });
    }
    /// The lowest `size` bytes of the set that begin at a multiple of `alignment`.
    [[nodiscard]] constexpr std::optional<PhysRange> find(uint64_t size, uint64_t alignment) const {
        for (const PhysRange range : view()) {
            const PhysRange place{round_up(range.base, alignment), size};
            if (contains(range, place)) return place;
        }
        return std::nullopt;
    }

    [[nodiscard]] constexpr uint64_t bytes() const {
        uint64_t sum = 0;
        for (const PhysRange range : view()) sum += range.size;
        return sum;
    }
    [[nodiscard]] constexpr std::span<const PhysRange> view() const { return {ranges_.data(), count_}; }

private:
    using Iterator = typename std::array<PhysRange, capacity>::iterator;

    constexpr Iterator begin() { return ranges_.begin(); }
    constexpr Iterator end() { return ranges_.begin() + count_; }

    constexpr bool insert(Iterator place, PhysRange range) {
        if (count_ == capacity) return false;
        std::copy_backward(place, end(), end() + 1);
        *place = range;
        count_++;
        return true;
    }
    constexpr void erase(Iterator first, Iterator last) {
        std::copy(last, end(), first);
        count_ -= static_cast<size_t>(last - first);
    }

    std::array<PhysRange, capacity> ranges_{};
    size_t count_ = 0;
};

}  // namespace selene::boot
