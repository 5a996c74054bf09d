// SPDX-License-Identifier: BSD-2-Clause
// A component that uses the C++ library and libsel's runtime throughout, checks the results and says `exit 0`.

#include <sel/environment.hpp>
#include <sel/print.hpp>

#include "../../drivers/power/machine_power.hpp"
#include "checks.hpp"

namespace runtime_test {

namespace {

int checks_done = 0;
int checks_failed = 0;

}  // namespace

void check(bool holds, std::source_location place) {
    ++checks_done;
    if (!holds) {
        ++checks_failed;
        sel::print("failed: {}:{} in {}\n", place.file_name(), place.line(), place.function_name());
    }
}

}  // namespace runtime_test

int main() {
    using namespace runtime_test;
    check_start_up();
    check_containers();
    check_values();
    check_ownership();
    check_text();
    check_numbers();
    check_memory();
    check_floating_point();

    sel::print("{} checks, {} failed\n", checks_done, checks_failed);
    sel::print("exit {}\n", checks_failed == 0 ? 0 : 1);
    sel::flush();
    if (const auto power = MachinePower::find(sel::environment(), "power")) {
        (void)power->off();
    }
    return checks_failed == 0 ? 0 : 1;
}
