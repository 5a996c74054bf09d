// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_latency`: does operations that take long while the timer interrupts, then switches the machine off.

#include <sel/environment.hpp>

#include "latency_operations.hpp"
#include "program.hpp"

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

int main() { return bench::run(sweep_all); }
