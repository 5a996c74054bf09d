// SPDX-License-Identifier: BSD-2-Clause
// Decides where in an address space things go.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace capdl {

/// The used parts of one address space. What it places has an unmapped guard page before and after it.
class AddressPlan {
public:
    static constexpr uint64_t page_size = 4096;
    static constexpr uint64_t limit = uint64_t{1} << 39;

    /// Takes [address, address + size); false if a part of it is taken or outside of user space.
    bool reserve(uint64_t address, uint64_t size);
    /// Nothing is placed below `address` from now on.
    void raise(uint64_t address) { cursor_ = std::max(cursor_, address); }
    /// Takes the next free stretch above all that has been placed so far, at a multiple of `alignment`.
    std::optional<uint64_t> place(uint64_t size, uint64_t alignment);
    struct Stretch {
        uint64_t begin = 0;
        uint64_t size = 0;
    };
    /// The largest stretch of which nothing is taken, a guard page off its neighbours.
    [[nodiscard]] Stretch largest_free() const;

private:
    std::map<uint64_t, uint64_t> taken_;  ///< begin to end
    uint64_t cursor_ = page_size;
};

}  // namespace capdl
