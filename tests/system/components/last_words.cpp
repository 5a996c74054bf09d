// SPDX-License-Identifier: BSD-2-Clause
// Says what its specification tells it (`says`), then switches the machine off, or waits for ever if it may not.

#include <checks.hpp>

#include <sel/environment.hpp>

int main() {
    test::begin();
    sel::print("{}\n", sel::environment().argument("says").value_or(""));
    if (const auto power = sel::environment().capability<sel::PowerControl>("power")) {
        (void)power->off();
    }
    for (;;) {}
}
