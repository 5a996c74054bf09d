// SPDX-License-Identifier: BSD-2-Clause
// A client of the clock: sleeps, and says when it has woken up.
//
// From its specification:
//     clock     endpoint (W, P): the clock's driver
//     name      argument: who it is
//     seconds   argument: how long it sleeps
//     power     power control, if it is the last one to wake up

#include <charconv>
#include <cstdint>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "clock_protocol.hpp"

int main() {
    using clock_driver::Operation;
    const auto& environment = sel::environment();
    const auto clock = sel::or_abort(environment.endpoint("clock"), "finding the clock");
    const auto name = sel::or_abort(environment.argument("name"), "finding the name");
    const auto text = sel::or_abort(environment.argument("seconds"), "finding the time to sleep");
    uint64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);

    const auto before = sel::or_abort(clock.call(sel::Message(Operation::now)), "asking for the time");
    const auto after = sel::or_abort(clock.call(sel::Message(Operation::sleep, seconds)), "sleeping");
    const bool in_time = after.word(0) >= before.word(0) + seconds;
    sel::println("{}: woken up {}", name, in_time ? "in time" : "too early");
    if (const auto power = environment.capability<sel::PowerControl>("power")) {
        sel::println("exit 0");
        sel::or_abort(power->off(), "switching the machine off");
    }
}
