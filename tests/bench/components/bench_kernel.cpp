// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_kernel`: measures all rows of the group `kernel`, one after the other, then switches the
// machine off.

#include <sel/environment.hpp>

#include "kernel_rows.hpp"
#include "program.hpp"

namespace {

/// Measures calls of the server while it has time of its own, and takes that away: from then on it runs on its callers'.
sel::Result<void> make_passive(const bench::Holdings& holdings) {
    SEL_TRY(time, sel::environment().capability<sel::SchedContext>("server_time"));
    SEL_TRY_VOID(bench::measure_active_server(holdings));
    return time.unbind();
}

sel::Result<void> measure_all() {
    SEL_TRY(holdings, bench::Holdings::from_environment());
    SEL_TRY_VOID(holdings.equal.suspend());
    SEL_TRY_VOID(make_passive(holdings));
    SEL_TRY_VOID(bench::measure_round_trips(holdings));
    SEL_TRY_VOID(bench::measure_invocations(holdings));
    SEL_TRY_VOID(bench::measure_threads(holdings));
    SEL_TRY_VOID(bench::measure_notifications(holdings));
    SEL_TRY_VOID(bench::measure_queues(holdings));
    SEL_TRY_VOID(bench::measure_capabilities(holdings));
    SEL_TRY_VOID(bench::measure_unmap(holdings));
    SEL_TRY_VOID(bench::measure_retype(holdings));
    SEL_TRY_VOID(bench::measure_frames(holdings));
    SEL_TRY_VOID(bench::measure_spaces(holdings));
    return {};
}

}  // namespace

int main() { return bench::run(measure_all); }
