// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_latency`: does operations that take long while the timer interrupts, then switches the machine off.

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/print.hpp>

#include "latency_operations.hpp"
#include "serial_sink.hpp"

namespace {

sel::Result<void> sweep_all() {
    SEL_TRY(stage, bench::Stage::from_environment());
    SEL_TRY_VOID(bench::sweep_capabilities(stage));
    SEL_TRY_VOID(bench::sweep_memory(stage));
    SEL_TRY_VOID(bench::sweep_threads(stage));
    SEL_TRY_VOID(bench::sweep_messages(stage));
    SEL_TRY_VOID(bench::sweep_time(stage));
    return {};
}

}  // namespace

int main() {
    const auto serial = sel::environment().memory("serial");
    if (!serial) {
        return 1;
    }
    bench::print_to_serial(serial->bytes);
    const sel::Result<void> result = sweep_all();
    if (!result) {
        sel::println("bench: {}", result.error());
    }
    sel::println("exit {}", result ? 0 : 1);
    const auto power = sel::environment().capability<sel::PowerControl>("power");
    return power && power->off() ? 0 : 1;
}
