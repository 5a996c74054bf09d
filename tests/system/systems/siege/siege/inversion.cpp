// SPDX-License-Identifier: BSD-2-Clause
// A client of high priority waits for no longer than its server works, whoever is between it and the one that is served.

#include "contention.hpp"
#include "parts.hpp"

namespace siege {

using namespace std::chrono_literals;
using test::check;

void check_inversion(test::Stage& stage) {
    constexpr auto work = 3ms;
    constexpr uint32_t takes_long = 1;
    const auto endpoint = stage.make<sel::Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    // Above all its clients, on the time of whom it works for.
    auto serve = [&] {
        auto next = endpoint.receive(reply);
        while (next) {
            if (next->message.label() == takes_long) spin_for(work);
            next = endpoint.reply_receive(reply, sel::Message(0));
        }
    };
    const auto server = stage.start({.priority = 120, .budget_us = 100, .period_us = 100}, serve);
    sel::or_abort(server.time.unbind(), "taking the server's own time");

    auto ask_much = [&] {
        for (;;) (void)endpoint.call(sel::Message(takes_long));
    };
    std::atomic<bool> spins = false;
    auto spin = [&] {
        for (;;) spins.store(true, std::memory_order_relaxed);
    };
    constexpr auto period = 7300us;
    unsigned times = 0;
    auto longest = sel::Clock::duration::zero();
    auto ask_little = [&] {
        auto last = sel::Clock::now();
        while (times < 8) {
            // Past its budget, so that it goes on in the next period.
            spin_for(60us);
            if (!endpoint.call(sel::Message(0))) return;
            longest = std::max(longest, sel::Clock::now() - last);
            last = sel::Clock::now();
            ++times;
        }
    };
    const auto low = stage.start({.priority = 80, .budget_us = 10'000, .period_us = 10'000}, ask_much);
    const auto high = stage.start({.priority = 110, .budget_us = 50, .period_us = period.count()}, ask_little);
    const auto middle = stage.start({.priority = 90, .budget_us = 9'000, .period_us = 20'000}, spin);
    stage.wait_for(high);
    const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(longest - period).count();
    sel::print("the urgent client has waited {} us at most\n", waited);
    check(times == 8, "the urgent client is answered each time");
    check(spins.load(std::memory_order_relaxed), "somebody of middle priority has run");
    check(longest > period + work / 4, "the urgent client has found the server at work for another");
    check(longest < period + work + 300us, "nobody of lower priority keeps it from being served then");
    for (const auto& actor : {server, low, high, middle}) stage.destroy(actor);
}

}  // namespace siege
