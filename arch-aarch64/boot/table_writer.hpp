// SPDX-License-Identifier: BSD-2-Clause
// Writes translation tables, while physical addresses are addresses.
#pragma once

#include <cstdint>

#include "boot/boot_description.hpp"
#include "base/units.hpp"

namespace selene::boot {

/// Hands out pages from the start of a range, and zeroes them.
class PagePool {
public:
    constexpr PagePool() = default;
    explicit constexpr PagePool(PhysRange pages) : next_(pages.base), end_(pages.base + pages.size) {}

    /// `size` bytes, whole pages, in one piece; 0 if there are not so many left.
    [[nodiscard]] uint64_t take(uint64_t size = page_bytes);
    [[nodiscard]] uint64_t next() const { return next_; }

private:
    uint64_t next_ = 0;
    uint64_t end_ = 0;
};

class TableWriter {
public:
    /// `root`: a page that was zeroed before the first mapping.
    TableWriter(uint64_t root, PagePool& pool) : root_(root), pool_(pool) {}

    /// Map `range` at the virtual address `at` with the largest entries from level `coarsest` on. What is mapped
    /// already, at the same level, stays as it is. False if there is no page for a table.
    [[nodiscard]] bool map(uint64_t at, PhysRange range, uint64_t attributes, unsigned coarsest = 1);

    [[nodiscard]] uint64_t root() const { return root_; }

private:
    /// The table of `level` that covers `at`; null if there is no page for it.
    [[nodiscard]] uint64_t* table(uint64_t at, unsigned level);

    uint64_t root_;
    PagePool& pool_;
};

}  // namespace selene::boot
