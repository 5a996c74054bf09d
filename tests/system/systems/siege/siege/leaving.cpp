// SPDX-License-Identifier: BSD-2-Clause
// Clients that leave in the middle of their calls take their time with them; whoever calls next is served all the same.

#include "contention.hpp"
#include "parts.hpp"

#include <optional>

namespace siege {

using namespace std::chrono_literals;
using test::check;

void check_leaving(test::Stage& stage) {
    constexpr uint32_t takes_long = 1;
    constexpr unsigned rounds = 5;
    const auto endpoint = stage.make<sel::Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    unsigned begun = 0;
    unsigned ended = 0;
    auto serve = [&] {
        auto next = endpoint.receive(reply);
        while (next) {
            ++begun;
            if (next->message.label() == takes_long) spin_for(2ms);
            ++ended;
            next = endpoint.reply_receive(reply, sel::Message(0, next->message.word(0) + 1));
        }
    };
    // Of a task without a time-out endpoint: nobody is told.
    const auto server = stage.start({.priority = 120, .budget_us = 100, .period_us = 100}, serve);
    sel::or_abort(server.time.unbind(), "taking the server's own time");

    auto ask_much = [&] { (void)endpoint.call(sel::Message(takes_long)); };
    std::optional<uint64_t> answer;
    auto ask_little = [&] {
        const auto got = endpoint.call(sel::Message(0, 41));
        if (got) answer = got->word(0);
    };
    unsigned left_at_work = 0;
    unsigned served = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        // Its time is over before its server is done, and this thread goes on.
        const auto leaver = stage.start({.priority = 110, .budget_us = 500, .period_us = 1'000'000}, ask_much);
        left_at_work += begun == ended + 1 ? 1 : 0;
        stage.destroy(leaver);
        answer.reset();
        const auto next = stage.start({.priority = 90}, ask_little);
        stage.wait_for(next);
        served += answer == 42 && begun == ended ? 1 : 0;
        stage.destroy(next);
    }
    check(left_at_work == rounds, "a client leaves while its server is at work");
    check(served == rounds, "the server ends that on the time of who calls next, and serves that one");
    stage.destroy(server);
}

}  // namespace siege
