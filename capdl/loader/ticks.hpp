// SPDX-License-Identifier: BSD-2-Clause
// Times of a specification in ticks of the machine's counter.
#pragma once

#include <cstdint>

namespace capdl::loader {

/// Rounded down. `frequency`: ticks a second.
[[nodiscard]] constexpr uint64_t ticks_of(uint64_t microseconds, uint64_t frequency) {
    constexpr uint64_t second = 1'000'000;
    return microseconds / second * frequency + microseconds % second * frequency / second;
}

}  // namespace capdl::loader
