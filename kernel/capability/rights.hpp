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

/// Rights in the places that they have in the upper 16 bits of a capability's word 0, where one mask checks them:
///
///     15    14..10   9     8     7        6       5
///     read  type     write reply transfer inspect write_execute
class RequiredRights {
public:
    static constexpr unsigned shift = 48;

    explicit constexpr RequiredRights(Rights rights)
        : bits_(static_cast<uint16_t>((rights.mask() << 15) | (reversed(rights.mask()) & 0x3e0))) {}

    [[nodiscard]] constexpr uint64_t in_word0() const { return uint64_t{bits_} << shift; }
    [[nodiscard]] constexpr bool are_in(uint64_t word0) const { return (word0 & in_word0()) == in_word0(); }
    [[nodiscard]] constexpr Rights rights() const { return of_word0(in_word0()); }
    /// The rights of a capability.
    [[nodiscard]] static constexpr Rights of_word0(uint64_t word0) {
        const uint64_t from_read_on = __builtin_bitreverse64(word0);
        return Rights::from_mask((from_read_on & 1) | ((from_read_on >> 5) & 0x3e));
    }

private:
    /// Bits 1 to 5 of a mask in bits 9 to 5.
    static constexpr uint64_t reversed(uint64_t mask) { return __builtin_bitreverse64(mask) >> 53; }

    uint16_t bits_;
};

}  // namespace selene
