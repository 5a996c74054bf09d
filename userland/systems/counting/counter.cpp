// SPDX-License-Identifier: BSD-2-Clause
// Counts as far as its specification says, then switches the machine off.

#include <charconv>

#include <sel/environment.hpp>
#include <sel/error.hpp>

int main() {
    const auto& environment = sel::environment();
    const auto text = sel::or_abort(environment.argument("limit"), "finding the limit");
    const auto power = sel::or_abort(environment.capability<sel::PowerControl>("power"), "finding power control");

    unsigned limit = 0;
    std::from_chars(text.data(), text.data() + text.size(), limit);
    for (unsigned number = 1; number <= limit; ++number) {
        sel::println("{}", number);
    }
    sel::println("exit 0");
    sel::or_abort(power.off(), "switching the machine off");
}
