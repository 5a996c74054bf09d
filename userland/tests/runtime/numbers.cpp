// SPDX-License-Identifier: BSD-2-Clause
// Arithmetic that has no instruction: wide integers, and floating point in a component without its registers.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "checks.hpp"

namespace runtime_test {

namespace {

/// Hides a value from the optimiser, so that it is computed with when the program runs.
template <typename T>
T opaque(T value) {
    const volatile T hidden = value;
    return hidden;
}

}  // namespace

void check_numbers() {
    const auto large = static_cast<unsigned __int128>(opaque(uint64_t{1} << 63)) * opaque(uint64_t{1000});
    check(static_cast<uint64_t>(large / opaque(uint64_t{1000})) == uint64_t{1} << 63);
    check(static_cast<uint64_t>(large % opaque(uint64_t{4097})) == (((uint64_t{1} << 63) % 4097) * 1000) % 4097);
    const auto negative = -static_cast<__int128>(opaque(int64_t{1} << 62)) * 10;
    check(static_cast<int64_t>(negative / opaque(int64_t{-20})) == int64_t{1} << 61);
    check(static_cast<int64_t>(negative % opaque(int64_t{7})) ==
          -static_cast<int64_t>(((int64_t{1} << 62) % 7 * 10) % 7));

    const double third = opaque(1.0) / opaque(3.0);
    check(third * opaque(3.0) == 1.0 && third < opaque(0.34) && third > opaque(0.33F));
    check(static_cast<int>(opaque(-2.75F) * opaque(4.0F)) == -11);
    check(static_cast<uint64_t>(opaque(1e18) + opaque(0.5)) == 1000000000000000000U);
    check(static_cast<double>(opaque(int64_t{-7})) + opaque(7.0) == 0.0);

    int values[] = {5, 3, 9, 1};
    std::qsort(values, 4, sizeof(int),
               [](const void* a, const void* b) { return *static_cast<const int*>(a) - *static_cast<const int*>(b); });
    check(std::ranges::is_sorted(values));
}

}  // namespace runtime_test
