// SPDX-License-Identifier: BSD-2-Clause
// A server that is traced: works for as long as it is asked to.
//
// From its specification:
//     requests   endpoint (R); a Reply `answer`
//     trace      memory: its ring of events

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/trace.hpp>

#include "work.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto reply = sel::or_abort(environment.reply("answer"), "finding the reply");
    const auto memory = sel::or_abort(environment.memory("trace"), "finding the ring");

    sel::trace::Writer trace(memory.bytes);
    auto next = requests.receive(reply);
    for (;;) {
        if (next) {
            const auto span = trace.span("job");
            work_for(1000 + next->message.word(0));
        }
        next = next ? requests.reply_receive(reply, sel::Message(0)) : requests.receive(reply);
    }
}
