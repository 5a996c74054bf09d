// SPDX-License-Identifier: BSD-2-Clause
// Arithmetic on 128 bits that the compiler calls by name.

#include <bit>
#include <cstdint>

// The names and meanings are those of "Integer library routines" in the GCC internals manual.

namespace {

using Wide = unsigned __int128;
using SignedWide = __int128;

int leading_zeros(Wide value) {
    const auto high = static_cast<uint64_t>(value >> 64);
    return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<uint64_t>(value));
}

struct Division {
    Wide quotient;
    Wide remainder;
};

/// Long division, a bit a step. Division by zero gives zero, as the hardware's does.
Division divide(Wide dividend, Wide divisor) {
    if (divisor == 0 || dividend < divisor) {
        return {0, dividend};
    }
    Division result{0, dividend};
    for (int shift = leading_zeros(divisor) - leading_zeros(dividend); shift >= 0; --shift) {
        result.quotient <<= 1;
        if (result.remainder >= divisor << shift) {
            result.remainder -= divisor << shift;
            result.quotient |= 1;
        }
    }
    return result;
}

Wide magnitude(SignedWide value) { return value < 0 ? 0 - static_cast<Wide>(value) : static_cast<Wide>(value); }

SignedWide with_sign(Wide value, bool negative) { return static_cast<SignedWide>(negative ? 0 - value : value); }

/// A value in two halves, so that shifting one is not shifting the other.
struct Halves {
    uint64_t low;
    uint64_t high;
};

}  // namespace

extern "C" {

Wide __udivti3(Wide a, Wide b) { return divide(a, b).quotient; }
Wide __umodti3(Wide a, Wide b) { return divide(a, b).remainder; }
SignedWide __divti3(SignedWide a, SignedWide b) {
    return with_sign(divide(magnitude(a), magnitude(b)).quotient, (a < 0) != (b < 0));
}
SignedWide __modti3(SignedWide a, SignedWide b) {
    return with_sign(divide(magnitude(a), magnitude(b)).remainder, a < 0);
}

// clang shifts in line; the C library was compiled by a compiler that calls these.
Wide __ashlti3(Wide value, int count) {
    const auto [low, high] = std::bit_cast<Halves>(value);
    return count >= 64  ? std::bit_cast<Wide>(Halves{0, low << (count - 64)})
           : count == 0 ? value
                        : std::bit_cast<Wide>(Halves{low << count, high << count | low >> (64 - count)});
}

Wide __lshrti3(Wide value, int count) {
    const auto [low, high] = std::bit_cast<Halves>(value);
    return count >= 64  ? std::bit_cast<Wide>(Halves{high >> (count - 64), 0})
           : count == 0 ? value
                        : std::bit_cast<Wide>(Halves{low >> count | high << (64 - count), high >> count});
}
}
