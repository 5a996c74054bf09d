// SPDX-License-Identifier: BSD-2-Clause
// Has the store killed, many times and whenever it happens to: it uses up a random part of its time between two kills, and
// so is called back at moments that nobody has chosen.
//
// From its specification:
//     keeper     endpoint (WP): the store's restart supervisor
//     finish[n]  notifications (W): for the clients, when it is over
//     kills      argument: how often

#include <charconv>
#include <random>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/notification.hpp>

#include "../../servers/restart/restart_protocol.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto keeper = sel::or_abort(environment.endpoint("keeper"), "finding the supervisor");
    const auto text = sel::or_abort(environment.argument("kills"), "finding how often");
    uint64_t kills = 0;
    std::from_chars(text.data(), text.data() + text.size(), kills);

    const auto before = sel::or_abort(restart::history(keeper), "asking for the history");
    std::minstd_rand random(1);
    for (uint64_t number = 0; number < kills; ++number) {
        for (uint64_t count = random() % 40'000; count != 0; --count) asm volatile("");
        sel::or_abort(restart::kill(keeper), "killing");
    }
    const auto after = sel::or_abort(restart::history(keeper), "asking for the history");
    sel::println("chaos: {} kills, {} faults, {} hangs; a restart takes {} us at most, {} us the last time",
                 after.kills, after.faults, after.hangs, after.worst_ns / 1000, after.last_ns / 1000);
    if (after.slots != before.slots || after.bytes != before.bytes || after.left != 0 || after.runs != 1) {
        sel::println(
            "chaos: lost: {} slots and {} bytes, and had {} and {}; {} bytes were left of a group that had ended",
            after.slots, after.bytes, before.slots, before.bytes, after.left);
        return 1;
    }
    sel::println("chaos: of {} bytes and {} slots none is lost", after.bytes, after.slots);
    for (const auto* client : {"finish[0]", "finish[1]"}) {
        sel::or_abort(environment.notification(client), "finding a client").signal();
    }
    return 0;
}
