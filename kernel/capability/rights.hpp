// SPDX-License-Identifier: BSD-2-Clause
// A set of rights.
#pragma once

#include "abi/types.hpp"

namespace selene {

/// The rights of a capability or those an operation asks for; bits as kernel/abi/system_calls.yaml numbers them.
class Rights {
public:
    constexpr Rights() = default;
    static constexpr Rights from_mask(uint64_t mask) { return Rights(mask); }

    [[nodiscard]] constexpr uint64_t mask() const { return mask_; }
    [[nodiscard]] constexpr bool include(Rights other) const { return (other.mask_ & ~mask_) == 0; }
    [[nodiscard]] constexpr bool empty() const { return mask_ == 0; }
    friend constexpr Rights operator&(Rights a, Rights b) { return Rights(a.mask_ & b.mask_); }
    friend constexpr Rights operator|(Rights a, Rights b) { return Rights(a.mask_ | b.mask_); }
    /// What is in `a` and not in `b`.
    friend constexpr Rights operator-(Rights a, Rights b) { return Rights(a.mask_ & ~b.mask_); }
    friend constexpr bool operator==(Rights, Rights) = default;

private:
    explicit constexpr Rights(uint64_t mask) : mask_(mask) {}
    uint64_t mask_ = 0;
};

namespace rights {
constexpr Rights right(abi::Right name) { return Rights::from_mask(static_cast<uint64_t>(name)); }
inline constexpr Rights none{};
inline constexpr Rights read = right(abi::Right::read);
inline constexpr Rights write = right(abi::Right::write);
inline constexpr Rights reply = right(abi::Right::reply);
inline constexpr Rights transfer = right(abi::Right::transfer);
inline constexpr Rights execute = transfer;
inline constexpr Rights inspect = right(abi::Right::inspect);
inline constexpr Rights write_execute = right(abi::Right::write_execute);
inline constexpr Rights all = Rights::from_mask(abi::all_rights);
}  // namespace rights

}  // namespace selene
