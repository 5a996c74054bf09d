// SPDX-License-Identifier: BSD-2-Clause
// Who gets how much of the processor.

#include <array>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/clock.hpp>
#include <sel/environment.hpp>

namespace {

using namespace std::chrono_literals;
using sel::Clock;
using test::Actor;
using test::check;
using test::Stage;

// Long beside what switching costs; the machine's time goes by instructions, so the shares are exact.
constexpr auto interval = 200ms;

/// How much of an interval's time a thread has had, in percent.
uint64_t percent(uint64_t ticks) { return 100 * ticks / Clock::ticks(interval); }

uint64_t consumed(const Actor& actor) { return sel::or_abort(actor.time.consumed(), "asking for the time used"); }

void spin() {
    for (;;) {}
}

/// Lets all of these run for the interval, and says what each has had in percent.
template <size_t count>
std::array<uint64_t, count> shares(Stage& stage, const std::array<Actor, count>& actors) {
    for (const Actor& actor : actors) {
        (void)consumed(actor);
    }
    // A thread above all that sleeps for as long: its budget is used up at once, and given again after the interval.
    const auto microseconds =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(interval).count());
    auto sleep = [] {
        const auto start = Clock::now();
        while (Clock::now() - start < 10ms) {}  // more than its budget: it goes on in the next period
    };
    const Actor sleeper = stage.start({.priority = 150, .budget_us = 1000, .period_us = microseconds}, sleep);
    stage.wait_for(sleeper);
    std::array<uint64_t, count> result{};
    for (size_t number = 0; number < count; ++number) {
        result[number] = percent(consumed(actors[number]));
    }
    return result;
}

void check_budget(Stage& stage) {
    auto script = spin;
    // 1 ms in each 5 ms, above one that takes what is left.
    const std::array actors = {stage.start({.priority = 90, .budget_us = 1000, .period_us = 5000}, script),
                               stage.start({.priority = 80, .budget_us = 5000, .period_us = 5000}, script)};
    const auto had = shares(stage, actors);
    sel::print("budget of a fifth: {} %, the rest: {} %\n", had[0], had[1]);
    check(had[0] >= 19 && had[0] <= 20, "a budget of a fifth is a fifth");
    check(had[1] >= 78 && had[1] <= 81, "the one below gets what is left");
    for (const Actor& actor : actors) {
        stage.destroy(actor);
    }
}

void check_round_robin(Stage& stage) {
    auto script = spin;
    const std::array actors = {stage.start({.priority = 90}, script), stage.start({.priority = 90}, script),
                               stage.start({.priority = 90}, script), stage.start({.priority = 80}, script)};
    const auto had = shares(stage, actors);
    sel::print("equals: {} {} {} %, below them: {} %\n", had[0], had[1], had[2], had[3]);
    for (size_t number = 0; number < 3; ++number) {
        check(had[number] >= 32 && had[number] <= 34, "equals get equal shares");
    }
    check(had[3] == 0, "who is below them gets nothing");
    for (const Actor& actor : actors) {
        stage.destroy(actor);
    }
}

void check_yield(Stage& stage) {
    // Two equals write down their turns; their slices are far longer than that takes.
    std::array<char, 40> turns{};
    std::atomic<size_t> turn = 0;
    const auto take_turns = [&](char name) {
        return [&turns, &turn, name] {
            for (int times = 0; times < 20; ++times) {
                turns[turn.fetch_add(1, std::memory_order_relaxed)] = name;
                sel::yield();
            }
        };
    };
    auto first = take_turns('a');
    auto second = take_turns('b');
    const std::array actors = {stage.start({.priority = 90, .budget_us = 1000000, .period_us = 1000000}, first),
                               stage.start({.priority = 90, .budget_us = 1000000, .period_us = 1000000}, second)};
    for (const Actor& actor : actors) {
        stage.wait_for(actor);
    }
    bool alternate = true;
    for (size_t number = 0; number < turns.size(); ++number) {
        alternate = alternate && turns[number] == (number % 2 == 0 ? 'a' : 'b');
    }
    check(alternate, "equals that yield alternate");
}

void check_limits(Stage& stage) {
    using sel::abi::ErrorCode;
    constexpr uint64_t refills = 4;
    const auto context = stage.make<sel::SchedContext>(refills);
    const auto configure = [&](uint64_t budget, uint64_t period, uint64_t pieces = 0) {
        return stage.time().configure({.context = context, .budget = budget, .period = period, .refills = pieces});
    };
    const uint64_t second = Clock::ticks(1s);
    test::refuses(configure(0, second), ErrorCode::argument_out_of_range, "a budget of nothing");
    test::refuses(configure(second + 1, second), ErrorCode::argument_out_of_range, "a budget beyond the period");
    test::refuses(configure(second, 3601 * second), ErrorCode::argument_out_of_range, "a period beyond an hour");
    test::refuses(configure(second, second, refills + 1), ErrorCode::argument_out_of_range, "too many refills");
    test::succeeds(configure(second, 3600 * second, refills), "a period of an hour");

    // Whoever may give 150 may not give 201.
    auto nothing = [] {};
    const Actor actor = stage.start({.priority = 90}, nothing);
    const auto set = [&](uint8_t priority, uint8_t maximum) {
        return actor.thread.set_priority({.priority = priority, .maximum = maximum, .authority = stage.thread()});
    };
    test::refuses(set(201, 100), ErrorCode::argument_out_of_range, "a priority beyond the own maximum");
    test::refuses(set(100, 201), ErrorCode::argument_out_of_range, "a maximum beyond the own one");
    test::succeeds(set(200, 200), "the own maximum");
    check(stage.has_ended(actor), "a thread whose priority is raised runs at once");
}

}  // namespace

int main() {
    test::begin();
    for (void (*part)(Stage&) : {check_budget, check_round_robin, check_yield, check_limits}) {
        Stage stage;
        part(stage);
    }
    return test::finish();
}
