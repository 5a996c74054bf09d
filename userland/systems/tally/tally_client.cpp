// SPDX-License-Identifier: BSD-2-Clause
// A client of the tally server: is greeted, counts, and waits until all have counted.
//
// From its specification:
//     tally      endpoint (W, P): the server
//     name       argument: who it is

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "tally_protocol.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto server = sel::or_abort(environment.endpoint("tally"), "finding the server");
    const auto name = sel::or_abort(environment.argument("name"), "finding the name");

    const auto greeting = sel::or_abort(tally::greet(server, name), "saying hello");
    sel::println("{}: the server says: {}", name, greeting.view());
    uint64_t own = 0;
    for (int times = 0; times < 3; ++times) own = sel::or_abort(tally::add(server, 7), "counting");
    sel::println("{}: {} of my own", name, own);

    const auto too_much = tally::add(server, 1000);
    if (!too_much && too_much.error().is(tally::Refusal::too_much)) sel::println("{}: 1000 is too much", name);

    const uint64_t sum = sel::or_abort(tally::wait_for(server, 42), "waiting for the others");
    sel::println("{}: {} of all", name, sum);
}
