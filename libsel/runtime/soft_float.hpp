// SPDX-License-Identifier: BSD-2-Clause
// Floating-point arithmetic in integer registers: IEEE 754, round to nearest even, for float and double.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace sel::soft_float {

// Components that do not own the floating-point registers still use float and double, if seldom: the hash tables of
// the standard library compute their load factor so. Every operation unpacks its operands into one form, works on
// that, and packs the result with one rounding. There are no exception flags, and every NaN is the default one.

template <typename Bits_, int significand_bits_>
struct Format {
    using Bits = Bits_;
    static constexpr int width = std::numeric_limits<Bits>::digits;
    static constexpr int significand_bits = significand_bits_;  // stored ones, without the leading one
    static constexpr int exponent_bits = width - 1 - significand_bits;
    static constexpr int bias = (1 << (exponent_bits - 1)) - 1;
    static constexpr int special_exponent = (1 << exponent_bits) - 1;
    static constexpr Bits sign = Bits{1} << (width - 1);
    static constexpr Bits significand_mask = (Bits{1} << significand_bits) - 1;
    static constexpr Bits infinity = Bits{special_exponent} << significand_bits;
    static constexpr Bits nan = infinity | Bits{1} << (significand_bits - 1);
};

using Single = Format<uint32_t, 23>;
using Double = Format<uint64_t, 52>;

enum class Kind { zero, finite, infinity, nan };

// A finite number is significand * 2^(exponent - 63), with the significand's top bit set. Its lowest bit is sticky:
// it says that the exact value is a little larger than what the other bits show.
struct Number {
    Kind kind;
    bool negative = false;
    int exponent = 0;
    uint64_t significand = 0;
};

inline constexpr Number not_a_number{Kind::nan};

constexpr Number normalise(bool negative, int exponent, unsigned __int128 wide) {
    // The value is wide * 2^(exponent - 127).
    if (wide == 0) {
        return {Kind::zero, negative};
    }
    const auto high = static_cast<uint64_t>(wide >> 64);
    const int shift = high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<uint64_t>(wide));
    wide <<= shift;
    const bool sticky = static_cast<uint64_t>(wide) != 0;
    return {Kind::finite, negative, exponent - shift, static_cast<uint64_t>(wide >> 64) | (sticky ? 1 : 0)};
}

template <typename F>
constexpr Number unpack(typename F::Bits bits) {
    const bool negative = (bits & F::sign) != 0;
    const int exponent = static_cast<int>(bits >> F::significand_bits) & F::special_exponent;
    const uint64_t significand = bits & F::significand_mask;
    if (exponent == F::special_exponent) {
        return significand != 0 ? not_a_number : Number{Kind::infinity, negative};
    }
    const bool subnormal = exponent == 0;
    const uint64_t leading = subnormal ? 0 : uint64_t{1} << F::significand_bits;
    const auto wide = static_cast<unsigned __int128>(significand | leading) << (127 - F::significand_bits);
    return normalise(negative, (subnormal ? 1 : exponent) - F::bias, wide);
}

constexpr uint64_t shift_right_sticky(uint64_t value, int count) {
    if (count >= 64) {
        return value != 0 ? 1 : 0;
    }
    const bool sticky = (value & ((uint64_t{1} << count) - 1)) != 0;
    return value >> count | (sticky ? 1 : 0);
}

template <typename F>
constexpr typename F::Bits pack(const Number& number) {
    using Bits = typename F::Bits;
    const Bits sign = number.negative ? F::sign : 0;
    switch (number.kind) {
    case Kind::zero: return sign;
    case Kind::infinity: return sign | F::infinity;
    case Kind::nan: return F::nan;
    case Kind::finite: break;
    }
    int exponent = number.exponent + F::bias;
    if (exponent >= F::special_exponent) {
        return sign | F::infinity;
    }
    uint64_t significand = number.significand;
    if (exponent <= 0) {  // subnormal: the exponent field is zero and stands for one
        significand = shift_right_sticky(significand, 1 - exponent);
        exponent = 0;
    }
    constexpr int dropped = 63 - F::significand_bits;
    constexpr uint64_t half = uint64_t{1} << (dropped - 1);
    const uint64_t rest = significand & (2 * half - 1);
    const uint64_t kept = significand >> dropped & F::significand_mask;
    // A carry out of the significand moves into the exponent, from the largest finite number to infinity too, and
    // from the largest subnormal to the smallest normal number: the encoding is ordered.
    const Bits magnitude = static_cast<Bits>(exponent) << F::significand_bits | static_cast<Bits>(kept);
    const bool up = rest > half || (rest == half && (kept & 1) != 0);
    return sign | (magnitude + (up ? 1 : 0));
}

constexpr Number negate(Number number) {
    number.negative = !number.negative;
    return number;
}

constexpr Number add(Number a, Number b) {
    if (a.kind == Kind::nan || b.kind == Kind::nan) {
        return not_a_number;
    }
    if (a.kind == Kind::infinity || b.kind == Kind::infinity) {
        const bool opposed = a.kind == b.kind && a.negative != b.negative;
        return opposed ? not_a_number : a.kind == Kind::infinity ? a : b;
    }
    if (a.kind == Kind::zero && b.kind == Kind::zero) {
        return {Kind::zero, a.negative && b.negative};
    }
    if (a.kind == Kind::zero || b.kind == Kind::zero) {
        return a.kind == Kind::zero ? b : a;
    }
    if (a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand)) {
        std::swap(a, b);
    }
    const int distance = a.exponent - b.exponent;
    const auto larger = static_cast<unsigned __int128>(a.significand) << 63;  // one bit of room for the carry
    auto smaller = static_cast<unsigned __int128>(b.significand) << 63;
    const bool sticky = distance >= 127 || (smaller & ((static_cast<unsigned __int128>(1) << distance) - 1)) != 0;
    smaller = (distance >= 127 ? 0 : smaller >> distance) | (sticky ? 1 : 0);
    if (a.negative == b.negative) {
        return normalise(a.negative, a.exponent + 1, larger + smaller);
    }
    return larger == smaller ? Number{Kind::zero} : normalise(a.negative, a.exponent + 1, larger - smaller);
}

constexpr Number multiply(const Number& a, const Number& b) {
    const bool negative = a.negative != b.negative;
    if (a.kind == Kind::nan || b.kind == Kind::nan) {
        return not_a_number;
    }
    if (a.kind == Kind::infinity || b.kind == Kind::infinity) {
        const bool undefined = a.kind == Kind::zero || b.kind == Kind::zero;
        return undefined ? not_a_number : Number{Kind::infinity, negative};
    }
    if (a.kind == Kind::zero || b.kind == Kind::zero) {
        return {Kind::zero, negative};
    }
    return normalise(negative, a.exponent + b.exponent + 1,
                     static_cast<unsigned __int128>(a.significand) * b.significand);
}

constexpr Number divide(const Number& a, const Number& b) {
    const bool negative = a.negative != b.negative;
    if (a.kind == Kind::nan || b.kind == Kind::nan || (a.kind == b.kind && a.kind != Kind::finite)) {
        return not_a_number;
    }
    if (a.kind == Kind::infinity || b.kind == Kind::zero) {
        return {Kind::infinity, negative};
    }
    if (a.kind == Kind::zero || b.kind == Kind::infinity) {
        return {Kind::zero, negative};
    }
    unsigned __int128 remainder = a.significand;
    unsigned __int128 quotient = 0;
    for (int bit = 0; bit < 66; ++bit) {  // one before the point, more than 64 behind it
        quotient <<= 1;
        if (remainder >= b.significand) {
            remainder -= b.significand;
            quotient |= 1;
        }
        remainder <<= 1;
    }
    return normalise(negative, a.exponent - b.exponent + 61, quotient << 1 | (remainder != 0 ? 1 : 0));
}

enum class Order { less, equal, greater, unordered };

constexpr Order compare(const Number& a, const Number& b) {
    if (a.kind == Kind::nan || b.kind == Kind::nan) {
        return Order::unordered;
    }
    if (a.kind == Kind::zero && b.kind == Kind::zero) {
        return Order::equal;
    }
    if (a.kind == Kind::zero || b.kind == Kind::zero || a.negative != b.negative) {
        const bool less = a.kind == Kind::zero ? !b.negative : a.negative;
        return less ? Order::less : Order::greater;
    }
    const auto magnitude = [](const Number& n) {
        return n.kind == Kind::infinity ? Number{Kind::infinity, false, std::numeric_limits<int>::max(), 0} : n;
    };
    const Number x = magnitude(a.negative ? b : a);
    const Number y = magnitude(a.negative ? a : b);
    if (x.exponent != y.exponent) {
        return x.exponent < y.exponent ? Order::less : Order::greater;
    }
    return x.significand < y.significand ? Order::less : x.significand > y.significand ? Order::greater : Order::equal;
}

template <typename Integer>
constexpr Number from_integer(Integer value) {
    const bool negative = value < 0;
    const auto magnitude = static_cast<uint64_t>(value);
    return normalise(negative, 63,
                     static_cast<unsigned __int128>(negative ? uint64_t{0} - magnitude : magnitude) << 64);
}

// Towards zero; what does not fit becomes the nearest integer that does, NaN zero, as the hardware does it.
template <typename Integer>
constexpr Integer to_integer(const Number& number) {
    using Limits = std::numeric_limits<Integer>;
    const Integer furthest = number.negative ? Limits::min() : Limits::max();
    switch (number.kind) {
    case Kind::zero:
    case Kind::nan: return 0;
    case Kind::infinity: return furthest;
    case Kind::finite: break;
    }
    if (number.exponent < 0) {
        return 0;
    }
    if (number.exponent >= Limits::digits || (number.negative && !std::is_signed_v<Integer>)) {
        return furthest;
    }
    const uint64_t magnitude = number.significand >> (63 - number.exponent);
    return static_cast<Integer>(number.negative ? uint64_t{0} - magnitude : magnitude);
}

// The smallest integer that is not less.
constexpr Number ceiling(Number number) {
    if (number.kind != Kind::finite || number.exponent >= 63) {
        return number;
    }
    if (number.exponent < 0) {
        return number.negative ? Number{Kind::zero, true} : from_integer(1);
    }
    const uint64_t fraction = ~uint64_t{0} >> 1 >> number.exponent;
    const bool up = !number.negative && (number.significand & fraction) != 0;
    const auto whole = static_cast<unsigned __int128>(number.significand & ~fraction);
    const auto step = static_cast<unsigned __int128>(up ? fraction + 1ull : 0);
    return normalise(number.negative, number.exponent + 1, (whole + step) << 63);
}

}  // namespace sel::soft_float
