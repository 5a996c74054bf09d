// SPDX-License-Identifier: BSD-2-Clause
// Measuring one row: warm up, then the samples, each between its markers.
#pragma once

#include <cstdint>

#include <sel/print.hpp>
#include <sel/result.hpp>

#include "region.hpp"

namespace bench {

/// Runs that bring a row's code and data to their steady state, and measured ones. bench.py expects as many
/// samples.
inline constexpr uint64_t warm_runs = 8;
inline constexpr uint64_t samples = 32;
inline constexpr uint64_t all_runs = warm_runs + samples;

/// Measures a row: `operation(run)` for each of all_runs runs, the last `samples` of them between markers; it returns a
/// Result. Errors: the first of its errors, which ends the row.
template <RowName row>
sel::Result<void> measure(auto operation) {
    sel::println("row {} {}", row.number(), row.view());
    for (uint64_t run = 0; run < all_runs; run++) {
        if (run < warm_runs) {
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

/// Says what stands behind the figure of a row.
template <RowName row>
void note(std::string_view text) {
    sel::println("note {} {}", row.view(), text);
}

}  // namespace bench
