// SPDX-License-Identifier: BSD-2-Clause
// Named fields of packed 64-bit words.
#pragma once

#include <cstdint>

namespace selene {

/// Bits `high` down to `low` of a 64-bit word, read and written as a `Value`.
template <unsigned high, unsigned low, class Value = uint64_t>
struct Field {
    static_assert(low <= high && high < 64);
    static constexpr unsigned first_bit = low;
    static constexpr unsigned width = high - low + 1;
    static constexpr uint64_t maximum = ~uint64_t{0} >> (64 - width);
    static constexpr uint64_t mask = maximum << low;

    [[nodiscard]] static constexpr Value of(uint64_t word) { return static_cast<Value>((word & mask) >> low); }
    [[nodiscard]] static constexpr uint64_t make(Value value) { return (static_cast<uint64_t>(value) << low) & mask; }
    [[nodiscard]] static constexpr uint64_t with(uint64_t word, Value value) { return (word & ~mask) | make(value); }
};

/// A pointer in bits 47 to 0 of a word; the sign of bit 47 says whether it lies in the upper or the lower half of the
/// address space.
template <class Object>
struct PointerField {
    static constexpr uint64_t mask = ~uint64_t{0} >> 16;

    [[nodiscard]] static Object* of(uint64_t word) {
        return reinterpret_cast<Object*>(static_cast<int64_t>(word << 16) >> 16);
    }
    [[nodiscard]] static uint64_t make(const Object* pointer) { return reinterpret_cast<uint64_t>(pointer) & mask; }
};

}  // namespace selene
