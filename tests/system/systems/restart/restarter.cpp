// SPDX-License-Identifier: BSD-2-Clause
// Asks what is none of the power server's business, then for a restart.

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "checks.hpp"

int main() {
    const auto& environment = sel::environment();
    test::begin();
    const auto server = sel::or_abort(environment.endpoint("power"), "finding the power server");
    const auto answer = sel::or_abort(server.call(sel::Message(99)), "asking for something else");
    sel::print("an unknown request is answered with {}\n", answer.label());
    sel::print("restarting\n");
    sel::or_abort(environment.capability<sel::PowerControl>("power")->reset(), "restarting");
    sel::print("still here\n");
}
