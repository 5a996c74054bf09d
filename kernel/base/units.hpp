// SPDX-License-Identifier: BSD-2-Clause
// Strong integers: quantities that must not be mixed up.
#pragma once

#include <compare>
#include <cstdint>

namespace selene {

/// An integer that only mixes with its own kind. `Tag` makes kinds distinct.
template <class Tag, class Integer = uint64_t>
class Strong {
public:
    constexpr Strong() = default;
    explicit constexpr Strong(Integer value) : value_(value) {}

    [[nodiscard]] constexpr Integer value() const { return value_; }
    friend constexpr auto operator<=>(Strong, Strong) = default;

private:
    Integer value_ = 0;
};

/// A strong integer on a line: differences and offsets mean something.
template <class Tag>
class StrongOffset : public Strong<Tag> {
public:
    using Strong<Tag>::Strong;

    friend constexpr StrongOffset operator+(StrongOffset a, uint64_t offset) {
        return StrongOffset(a.value() + offset);
    }
    friend constexpr StrongOffset operator-(StrongOffset a, uint64_t offset) {
        return StrongOffset(a.value() - offset);
    }
    friend constexpr uint64_t operator-(StrongOffset a, StrongOffset b) { return a.value() - b.value(); }
};

using PhysAddr = StrongOffset<struct PhysAddrTag>;  ///< byte of physical memory
using VirtAddr = StrongOffset<struct VirtAddrTag>;  ///< byte of a user address space: an allegation, never a pointer
using Ticks = StrongOffset<struct TicksTag>;        ///< of the machine's counter: a time or a duration
using CapIndex = StrongOffset<struct CapIndexTag>;  ///< names a slot in a capability space
using Priority = Strong<struct PriorityTag, uint8_t>;
using CoreId = Strong<struct CoreIdTag, uint16_t>;
using Identity = Strong<struct IdentityTag>;  ///< stands for an object towards user level, see base/identity.hpp
using AddressTag = Strong<struct AddressTagTag, uint16_t>;  ///< the hardware's tag of an address space (ASID, VMID)

inline constexpr uint64_t page_bytes = 4096;
inline constexpr CapIndex no_capability{~uint64_t{0}};

constexpr uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }
constexpr uint64_t align_up(uint64_t value, uint64_t power_of_two) {
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}
constexpr bool is_aligned(uint64_t value, uint64_t power_of_two) { return (value & (power_of_two - 1)) == 0; }

}  // namespace selene
