// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_kernel`: measures all rows of the group `kernel`, one after the other, then switches the
// machine off.

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/print.hpp>

#include "kernel_rows.hpp"
#include "serial_sink.hpp"

namespace {

/// Takes the server's time away once it listens: from then on it runs on its callers'.
sel::Result<void> make_passive(const bench::Holdings& holdings) {
    SEL_TRY(time, sel::environment().capability<sel::SchedContext>("server_time"));
    SEL_TRY_VOID(holdings.server.call(sel::Message(1)));
    return time.unbind();
}

sel::Result<void> measure_all() {
    SEL_TRY(holdings, bench::Holdings::from_environment());
    SEL_TRY_VOID(make_passive(holdings));
    SEL_TRY_VOID(bench::measure_round_trips(holdings));
    SEL_TRY_VOID(bench::measure_invocations(holdings));
    SEL_TRY_VOID(bench::measure_threads(holdings));
    SEL_TRY_VOID(bench::measure_capabilities(holdings));
    SEL_TRY_VOID(bench::measure_unmap(holdings));
    SEL_TRY_VOID(bench::measure_retype(holdings));
    SEL_TRY_VOID(bench::measure_frames(holdings));
    return {};
}

}  // namespace

int main() {
    const auto serial = sel::environment().memory("serial");
    if (!serial) {
        return 1;
    }
    bench::print_to_serial(serial->bytes);
    const sel::Result<void> result = measure_all();
    if (!result) {
        sel::println("bench: {}", result.error());
    }
    sel::println("exit {}", result ? 0 : 1);
    const auto power = sel::environment().capability<sel::PowerControl>("power");
    return power && power->off() ? 0 : 1;
}
