// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_library`: measures all rows of the group `library`, one after the other, then switches the machine
// off.

#include "library_rows.hpp"
#include "program.hpp"

namespace {

sel::Result<void> measure_all() {
    static test::Stage stage;
    SEL_TRY_VOID(bench::measure_calls());
    SEL_TRY_VOID(bench::measure_channels(stage));
    SEL_TRY_VOID(bench::measure_paging(stage));
    SEL_TRY_VOID(bench::measure_restarts());
    return bench::measure_synchronisation(stage);
}

}  // namespace

int main() { return bench::run(measure_all); }
