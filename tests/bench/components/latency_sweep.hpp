// SPDX-License-Identifier: BSD-2-Clause
// Does an operation again and again, with an interrupt asserted later each time.
#pragma once

#include <cstdint>

#include <sel/print.hpp>
#include <sel/result.hpp>

#include "latency_stage.hpp"
#include "region.hpp"

namespace bench {

/// How much of a sweep an operation is worth that takes very long to prepare or to do.
struct Extent {
    uint64_t first = 0;             // ticks to the first interrupt of the first time
    uint64_t shots = ~uint64_t{0};  // times at most
};

/// For each moment of the sweep, from the operation's begin until it ends before the interrupt: `prepare()`, then
/// `perform()` with the interrupt asserted at that moment and, for as long as the operation goes on, again a while
/// later. Both return a Result; all that they make from the stage is taken back. Errors: the first of theirs.
template <RowName row>
sel::Result<void> sweep(Stage& stage, auto prepare, auto perform, Extent extent = {}) {
    const uint64_t shots = stage.shots < extent.shots ? stage.shots : extent.shots;
    sel::println("row {} {} {}", row.number(), row.view(), shots);
    for (uint64_t shot = 0; shot < shots; shot++) {
        SEL_TRY_VOID(prepare());
        SEL_TRY(asserted, stage.interrupter.arm(extent.first + shot * stage.step));
        start<row>();
        const auto result = perform();
        end();
        const bool is_over = ticks() < asserted;
        SEL_TRY_VOID(stage.interrupter.disarm());
        SEL_TRY_VOID(result);
        SEL_TRY_VOID(stage.clear());
        if (is_over) {
            break;
        }
    }
    return {};
}

}  // namespace bench
