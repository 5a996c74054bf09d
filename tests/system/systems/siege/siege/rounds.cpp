// SPDX-License-Identifier: BSD-2-Clause
// Calls back and forth while the timer interrupts: none is lost, none is answered twice.

#include "parts.hpp"

#include <charconv>

#include <sel/environment.hpp>

namespace siege {

using test::check;

namespace {

uint64_t rounds() {
    const auto text = sel::environment().argument("rounds").value_or("");
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

void check_rounds(test::Stage& stage) {
    const auto endpoint = stage.make<sel::Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    auto serve = [&] {
        uint64_t served = 0;
        auto next = endpoint.receive(reply);
        while (next) {
            ++served;
            next = endpoint.reply_receive(reply, sel::Message(0, next->message.word(0) + 1, served));
        }
    };
    const uint64_t wanted = rounds();
    uint64_t right = 0;
    auto call = [&] {
        for (uint64_t round = 0; round < wanted; ++round) {
            const auto answer = endpoint.call(sel::Message(0, 2 * round));
            if (!answer) return;
            right += answer->word(0) == 2 * round + 1 && answer->word(1) == round + 1 ? 1 : 0;
        }
    };
    // Somebody above them comes and goes all the time, and an equal takes turns with them.
    std::atomic<uint64_t> interruptions = 0;
    auto interrupt = [&] {
        for (;;) interruptions.fetch_add(1, std::memory_order_relaxed);
    };
    const auto interrupter = stage.start({.priority = 150, .budget_us = 15, .period_us = 60}, interrupt);
    const auto server = stage.start({.priority = 95, .budget_us = 0}, serve);
    // It takes time of its own to come to its first receive; from then on it runs on its callers'.
    const auto time = server.time;
    sel::or_abort(stage.time().configure({.context = time, .budget = 100'000, .period = 100'000, .refills = 0}),
                  "giving the server time to begin");
    sel::or_abort(time.bind(server.thread), "giving the server time to begin");
    auto nothing = [] {};
    stage.wait_for(stage.start({.priority = 94}, nothing));
    sel::or_abort(time.unbind(), "taking it away");
    const auto equal = stage.start({.priority = 90, .budget_us = 100, .period_us = 100}, interrupt);
    const auto caller = stage.start({.priority = 90, .budget_us = 100, .period_us = 100}, call);
    stage.wait_for(caller);
    sel::print("{} of {} rounds\n", right, wanted);
    check(right == wanted && wanted != 0, "each call has had its answer, once");
    check(interruptions.load(std::memory_order_relaxed) > wanted / 100, "others have run meanwhile");
    for (const auto& actor : {interrupter, equal, caller, server}) stage.destroy(actor);
}

}  // namespace siege
