// SPDX-License-Identifier: BSD-2-Clause
// A client that is traced: some work of its own, some that it asks the server for.
//
// From its specification:
//     server   endpoint (W, P)
//     trace    memory: its ring of events

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/trace.hpp>

#include "work.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto server = sel::or_abort(environment.endpoint("server"), "finding the server");
    const auto memory = sel::or_abort(environment.memory("trace"), "finding the ring");

    sel::trace::Writer trace(memory.bytes);
    for (uint64_t round = 0; round < 5; ++round) {
        trace.counter("round", round);
        {
            const auto span = trace.span("prepare");
            work_for(2000);
        }
        const auto span = trace.span("ask");
        sel::or_abort(server.call(sel::Message(0, round * 1000)), "asking the server");
    }
    trace.instant("all asked");
    sel::println("client: five answers");
}
