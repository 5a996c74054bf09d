// SPDX-License-Identifier: BSD-2-Clause
// The number of a slot in a task's capability table: how a program names what it holds.
#pragma once

#include <compare>
#include <cstdint>

#include "abi/types.hpp"

namespace sel {

namespace abi = selene::abi;

/// An index is a name, not authority: the kernel looks it up in the caller's own table. It does not own what it names.
/// Rights: none; what one may do with the capability there says each type of capability (sel/objects.hpp).
///
/// Example: the two objects that were made by one request, in slots one after the other.
///
///     bool are_neighbours(sel::CapIndex one, sel::CapIndex other) {
///         return !one.is_none() && !other.is_none() && (one + 1 == other || other + 1 == one);
///     }
class CapIndex {
public:
    /// Names nothing; where a capability is optional, this says that there is none.
    constexpr CapIndex() = default;
    constexpr explicit CapIndex(uint64_t raw) : raw_(raw) {}

    [[nodiscard]] constexpr uint64_t raw() const { return raw_; }
    [[nodiscard]] constexpr bool is_none() const { return raw_ == abi::no_capability; }

    /// The index of a slot further on in the same table.
    friend constexpr CapIndex operator+(CapIndex index, uint64_t distance) { return CapIndex(index.raw_ + distance); }
    friend constexpr auto operator<=>(CapIndex, CapIndex) = default;

private:
    uint64_t raw_ = abi::no_capability;
};

}  // namespace sel
