// SPDX-License-Identifier: BSD-2-Clause
// Measuring one row: warm up, then the samples, each between its markers.
#pragma once

#include <cstdint>

#include <sel/print.hpp>
#include <sel/result.hpp>

#include "region.hpp"

namespace bench {

/// Runs that bring a row's code and data to their steady state, and measured ones.
struct Runs {
    uint64_t warm;
    uint64_t samples;

    [[nodiscard]] constexpr uint64_t all() const { return warm + samples; }
};
inline constexpr Runs usual{.warm = 8, .samples = 32};
inline constexpr Runs few{.warm = 2, .samples = 4};  // of what takes long

/// Says that this many samples of a row follow.
template <RowName row, Runs runs = usual>
void announce() {
    sel::println("row {} {} {}", row.number(), row.view(), runs.samples);
}

/// Measures a row: for each run `prepare(run)`, then `operation(run)`, which lies between markers in those that are
/// samples. Both return a Result. Errors: the first of theirs, which ends the row.
template <RowName row, Runs runs = usual>
sel::Result<void> measure(auto prepare, auto operation) {
    announce<row, runs>();
    for (uint64_t run = 0; run < runs.all(); run++) {
        SEL_TRY_VOID(prepare(run));
        if (run < runs.warm) {
            SEL_TRY_VOID(operation(run));
        } else {
            start<row>();
            const auto result = operation(run);
            end();
            SEL_TRY_VOID(result);
        }
    }
    return {};
}

/// A row whose runs need no preparation.
template <RowName row, Runs runs = usual>
sel::Result<void> measure(auto operation) {
    return measure<row, runs>([](uint64_t) -> sel::Result<void> { return {}; }, operation);
}

/// Says what stands behind the figure of a row.
template <RowName row>
void note(std::string_view text) {
    sel::println("note {} {}", row.view(), text);
}

}  // namespace bench
