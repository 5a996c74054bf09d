// SPDX-License-Identifier: BSD-2-Clause
// Waits until each partition has rung, says so, and switches the machine off.
//
// From its specification:
//     done    notification (R)
//     all     argument: the badges of all partitions, added
//     power   power control

#include <charconv>
#include <cstdint>

#include <sel/environment.hpp>
#include <sel/error.hpp>

int main() {
    const auto& environment = sel::environment();
    const auto done = sel::or_abort(environment.notification("done"), "finding the notification");
    const auto power = sel::or_abort(environment.capability<sel::PowerControl>("power"), "finding power control");
    const auto text = sel::or_abort(environment.argument("all"), "finding the badges");
    uint64_t all = 0;
    std::from_chars(text.data(), text.data() + text.size(), all);

    for (uint64_t seen = 0; seen != all;) {
        const uint64_t bits = sel::or_abort(done.wait(), "waiting");
        seen |= bits;
        sel::println("done: {}", bits);
    }
    sel::println("exit 0");
    sel::or_abort(power.off(), "switching the machine off");
}
