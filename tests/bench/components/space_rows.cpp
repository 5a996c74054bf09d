// SPDX-License-Identifier: BSD-2-Clause
// The row of a call into an address space whose tag another one has.
#include <crowd.hpp>

#include <sel/environment.hpp>

#include "kernel_rows.hpp"
#include "measure.hpp"

namespace bench {

sel::Result<void> measure_spaces(const Holdings& holdings) {
    constexpr uint64_t members = 280;  // and 255 tags
    static_assert(test::Crowd::slots(members) <= Holdings::empty_slots);
    SEL_TRY(time, sel::environment().capability<sel::SchedContext>("server_time"));
    SEL_TRY(crowd, test::Crowd::make({.table = holdings.table,
                                      .space = holdings.space,
                                      .memory = holdings.memory,
                                      .thread = holdings.thread,
                                      .priority = 101,
                                      .time = time,
                                      .first = holdings.empty,
                                      .scratch_address = holdings.free_address},
                                     members));
    SEL_TRY_VOID(measure<"ipc.round_trip.stolen_tag">([&](uint64_t run) { return crowd.visit(run); }));
    return crowd.clear();
}

}  // namespace bench
