// SPDX-License-Identifier: BSD-2-Clause
// Floating point in the registers: mathematics, printf and formatting.

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include <sel/format.hpp>

#include "checks.hpp"

namespace runtime_test {

void check_floating_point() {
    const volatile double two = 2.0;
    check(std::abs(std::sqrt(two) * std::sqrt(two) - two) < 1e-15 &&
          std::abs(std::sin(two) - 0.9092974268256817) < 1e-15);

    std::array<char, 40> buffer;
    std::snprintf(buffer.data(), buffer.size(), "%.3f %g %d", 2.5, 1e100, 7);
    check(std::string_view(buffer.data()) == "2.500 1e+100 7");
    check(sel::format("{:.2f}|{:8.1f}|{:08.3f}|{}", 3.14159, -2.25, -1.5, 0.5F) == "3.14|    -2.2|-001.500|0.5");
}

}  // namespace runtime_test
