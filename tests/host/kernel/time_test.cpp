// SPDX-License-Identifier: BSD-2-Clause
// Time: budgets, periods, replenishment to the tick, round robin, priorities.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <random>

#include "talk.hpp"

namespace selene::test {

namespace {

using machine::simulated;

auto configure(uint64_t context, uint64_t budget, uint64_t period, uint64_t refills = 0) {
    return cap<stub::ScheduleControl>(BootSlot::schedule_control)
        .configure(
            {.context = cap<stub::SchedContext>(context), .budget = budget, .period = period, .refills = refills});
}
auto bind(uint64_t context, uint64_t thread) {
    return cap<stub::SchedContext>(context).bind(cap<stub::Thread>(thread));
}
constexpr uint64_t hour = 3600 * machine::SimulatedMachine::frequency;
constexpr uint64_t minimum = machine::SimulatedMachine::frequency / 100'000;

/// A thread that alone has the highest priority, with a budget; below it the first thread.
struct Budgeted {
    World world;
    Actor actor = world.spawn({.started = false});

    Budgeted(uint64_t budget, uint64_t period, uint64_t refills = 0) {
        REQUIRE(configure(actor.context, budget, period, refills).has_value());
        const auto own = cap<stub::Thread>(BootSlot::thread);
        REQUIRE(own.set_priority({.priority = 100, .maximum = 255, .authority = own}).has_value());
        world.start(actor);
        REQUIRE(runs());
    }
    bool runs() { return world.running() == actor.object; }
    SchedContext& context() { return world.object<SchedContext>(actor.context); }
};

}  // namespace

TEST_CASE("a budget is what a thread gets in each period, to the tick") {
    Budgeted timed(2000, 10'000);
    const uint64_t begin = simulated().now;
    for (uint64_t period = 0; period < 5; ++period) {
        CHECK(timed.runs());
        timed.world.pass(1999);
        CHECK(timed.runs());
        timed.world.pass(1);
        CHECK(!timed.runs());
        CHECK(state(timed.actor) == ThreadState::without_budget);
        timed.world.pass(7999);
        CHECK(!timed.runs());
        timed.world.pass(1);
        CHECK(timed.runs());
        CHECK(simulated().now == begin + (period + 1) * 10'000);
    }
}

TEST_CASE("what is used in pieces comes back in pieces, each a period after its use began") {
    Budgeted timed(3000, 10'000);
    const uint64_t begin = simulated().now;
    const uint64_t bell = timed.world.take_slot();
    REQUIRE(timed.world.memory().retype(
                {.type = ObjectType::notification, .size = 0, .count = 1, .table = own_table(), .first = bell}) == 1);
    timed.world.pass(1000);
    wait(bell);
    timed.world.pass(4000);
    signal(bell);
    REQUIRE(timed.runs());
    timed.world.pass(2000);
    CHECK(!timed.runs());
    // The first 1000 come back at `begin` + 10,000, the others at `begin` + 15,000.
    timed.world.pass(2999);
    CHECK(!timed.runs());
    timed.world.pass(1);
    CHECK(timed.runs());
    CHECK(simulated().now == begin + 10'000);
    timed.world.pass(1000);
    CHECK(!timed.runs());
    timed.world.pass(4000);
    CHECK(timed.runs());
    CHECK(simulated().now == begin + 15'000);
    timed.world.pass(2000);
    CHECK(!timed.runs());
}

TEST_CASE("in no window of one period does a context get more than its budget, and its refills keep their sum") {
    for (const uint64_t refills : {2U, 3U, 8U}) {
        Budgeted timed(3000, 10'000, 0);
        const uint64_t big = timed.world.take_slots(2);
        REQUIRE(timed.world.memory().retype(
                    {.type = ObjectType::sched_context, .size = 8, .count = 1, .table = own_table(), .first = big}) ==
                1);
        REQUIRE(
            timed.world.memory().retype(
                {.type = ObjectType::notification, .size = 0, .count = 1, .table = own_table(), .first = big + 1}) ==
            1);
        REQUIRE(configure(big, 3000, 10'000, refills).has_value());
        (void)cap<stub::SchedContext>(timed.actor.context).unbind();
        REQUIRE(timed.world.running() == &timed.world.first());
        REQUIRE(bind(big, timed.actor.thread).has_value());
        REQUIRE(timed.runs());
        std::mt19937_64 random(Catch::getSeed());
        std::vector<uint64_t> used_at;  // one entry for each 10 ticks of use
        for (unsigned step = 0; step < 3000; ++step) {
            const uint64_t ticks = 10 * (1 + random() % 120);
            const bool ran = timed.runs();
            for (uint64_t i = 0; i < ticks; i += 10) {
                if (timed.runs()) used_at.push_back(simulated().now);
                timed.world.pass(10);
            }
            if (ran && timed.runs() && random() % 3 == 0) {
                wait(big + 1);
            } else if (state(timed.actor) == ThreadState::waiting) {
                signal(big + 1);
            }
        }
        constexpr size_t budget_entries = 300;
        REQUIRE(used_at.size() > budget_entries * 10);
        bool within = true;
        for (size_t i = budget_entries; i < used_at.size(); ++i)
            within = within && used_at[i] - used_at[i - budget_entries] >= 10'000;
        CHECK(within);
    }
}

TEST_CASE("a thread with equal budget and period takes turns with its equals") {
    World world;
    const Actor one = world.spawn();
    const Actor two = world.spawn();
    constexpr uint64_t slice = machine::SimulatedMachine::frequency / 100;
    const Thread* expected[] = {one.object, two.object, &world.first()};
    for (unsigned turn = 0; turn < 9; ++turn) {
        world.pass(simulated().deadline - simulated().now);
        CHECK(world.running() == expected[turn % 3]);
        world.pass(slice / 2);
        CHECK(world.running() == expected[turn % 3]);
    }
}

TEST_CASE("a thread that is preempted keeps its turn and what is left of its slice") {
    World world;
    const uint64_t bell = world.make(ObjectType::notification);
    const Actor equal = world.spawn({.priority = 200});
    const Actor high = world.spawn({.priority = 250});
    const auto own = cap<stub::Thread>(BootSlot::thread);
    (void)own.set_priority({.priority = 200, .maximum = 255, .authority = own});
    REQUIRE(world.running() == high.object);
    wait(bell);
    world.run(equal);
    constexpr uint64_t slice = machine::SimulatedMachine::frequency / 100;
    world.pass(slice / 4);
    REQUIRE(world.running() == equal.object);
    signal(bell);
    REQUIRE(world.running() == high.object);
    world.pass(slice / 8);
    wait(bell);
    CHECK(world.running() == equal.object);
    CHECK(simulated().deadline - simulated().now == slice - slice / 4);
}

TEST_CASE("the highest ready priority runs, of all 256") {
    World world;
    const uint64_t pause = world.make(ObjectType::notification);
    std::vector<Actor> actors;
    for (const unsigned priority : {0U, 1U, 63U, 64U, 65U, 127U, 128U, 191U, 192U, 254U})
        actors.push_back(world.spawn({.priority = static_cast<uint8_t>(priority)}));
    wait(pause);
    while (!actors.empty()) {
        CHECK(world.running() == actors.back().object);
        if (actors.size() > 1) wait(pause);
        actors.pop_back();
    }
}

TEST_CASE("yield lets the next equal run, and only that") {
    World world;
    CHECK(talk(SystemCall::yield, 0).x0 == 0);
    CHECK(world.running() == &world.first());
    const Actor lower = world.spawn({.priority = 254});
    talk(SystemCall::yield, 0);
    CHECK(world.running() == &world.first());
    const Actor equal = world.spawn();
    talk(SystemCall::yield, 0);
    CHECK(world.running() == equal.object);
    CHECK(state(lower) == ThreadState::ready);
}

TEST_CASE("many contexts due at once are released a bounded number at a time, all of them") {
    World world;
    std::vector<Actor> actors;
    const auto own = cap<stub::Thread>(BootSlot::thread);
    for (unsigned i = 0; i < 40; ++i) {
        actors.push_back(world.spawn({.priority = 250}));
        REQUIRE(configure(actors.back().context, 1000, 200'000).has_value());
    }
    (void)own.set_priority({.priority = 10, .maximum = 255, .authority = own});
    for (unsigned i = 0; i < 40; ++i) world.pass(1000);
    CHECK(world.running() == &world.first());
    for (const Actor& actor : actors) CHECK(state(actor) == ThreadState::without_budget);
    world.pass(200'000);
    for (const Actor& actor : actors)
        CHECK((state(actor) == ThreadState::ready || state(actor) == ThreadState::running));
}

TEST_CASE("what a context has used is reported once") {
    Budgeted timed(5000, 5000);
    timed.world.pass(1200);
    CHECK(cap<stub::SchedContext>(timed.actor.context).consumed() == 1200);
    CHECK(cap<stub::SchedContext>(timed.actor.context).consumed() == 0);
    timed.world.pass(300);
    CHECK(cap<stub::SchedContext>(timed.actor.context).consumed() == 300);
    const auto write_only = timed.world.derive(timed.actor.context, Right::write);
    check_refused(timed.world, {ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::read)},
                  [&] { return cap<stub::SchedContext>(write_only).consumed(); });
}

TEST_CASE("very long and very short budgets are right") {
    Budgeted timed(hour / 2, hour);
    timed.world.pass(hour / 2 - 1);
    CHECK(timed.runs());
    timed.world.pass(1);
    CHECK(!timed.runs());
    REQUIRE(configure(timed.actor.context, minimum, 2 * minimum).has_value());
    CHECK(timed.runs());
    timed.world.pass(minimum);
    CHECK(!timed.runs());
    timed.world.pass(minimum);
    CHECK(timed.runs());
}

TEST_CASE("who calls a passive server again and again has all that it has used back a period after it began") {
    Budgeted timed(2000, 10'000, 4);
    World& world = timed.world;
    simulated().direct_switches = GENERATE(false, true);
    const auto retype = [&](ObjectType type) {
        const uint64_t slot = world.take_slot();
        REQUIRE(world.memory().retype({.type = type, .size = 0, .count = 1, .table = own_table(), .first = slot}) == 1);
        return slot;
    };
    const uint64_t endpoint = retype(ObjectType::endpoint);
    const uint64_t reply = retype(ObjectType::reply);
    const uint64_t bell = retype(ObjectType::notification);
    wait(bell);
    const Actor server = world.spawn();
    REQUIRE(world.running() == server.object);
    receive(endpoint, reply);
    REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    signal(bell);
    REQUIRE(timed.runs());
    const uint64_t begin = simulated().now;
    while (simulated().now < begin + 2000) {
        if (timed.runs()) {
            call(endpoint);
        } else {
            reply_receive(endpoint, reply);
        }
        world.pass(100);
    }
    CHECK(world.running() == &world.first());
    world.pass(begin + 10'000 - simulated().now);
    CHECK(world.running() != &world.first());
    CHECK(timed.context().first().amount == 2000);
    world.pass(1999);
    CHECK(world.running() != &world.first());
    world.pass(1);
    CHECK(world.running() == &world.first());
    simulated().direct_switches = true;
}

TEST_CASE("an overrun is paid back before there is more") {
    Budgeted timed(1000, 10'000);
    const uint64_t begin = simulated().now;
    // The kernel was late: the timer could not be taken.
    timed.world.pass(1500);
    CHECK(!timed.runs());
    CHECK(timed.context().first().time == begin + 10'500);
    timed.world.pass(begin + 10'499 - simulated().now);
    CHECK(!timed.runs());
    timed.world.pass(1);
    CHECK(timed.runs());
}

TEST_CASE("configuring gives the whole budget at once, also to who waits for it or runs on it") {
    Budgeted timed(1000, 100'000);
    timed.world.pass(1000);
    REQUIRE(state(timed.actor) == ThreadState::without_budget);
    (void)configure(timed.actor.context, 500, 1000);
    CHECK(timed.runs());
    timed.world.pass(200);
    (void)configure(timed.actor.context, 800, 1000);
    timed.world.pass(799);
    CHECK(timed.runs());
    timed.world.pass(1);
    CHECK(!timed.runs());
}

TEST_CASE("configure refuses what is no share of time") {
    World world;
    const uint64_t context = world.make(ObjectType::sched_context, 4);
    const uint64_t weak = world.derive(context, Right::read);
    const auto out_of_range = [&](uint64_t argument, uint64_t limit, uint64_t budget, uint64_t period,
                                  uint64_t refills) {
        check_refused(world, {ErrorCode::argument_out_of_range, argument, limit},
                      [&] { return configure(context, budget, period, refills); });
    };
    out_of_range(2, minimum, minimum - 1, 1000, 0);
    out_of_range(2, minimum, 0, 0, 0);
    out_of_range(2, 1000, 1001, 1000, 0);
    out_of_range(3, hour, 1000, hour + 1, 0);
    out_of_range(4, 4, 1000, 1000, 5);
    out_of_range(4, 2, 1000, 1000, 1);
    check_refused(world, {ErrorCode::missing_right, 1, static_cast<uint64_t>(Right::write)},
                  [&] { return configure(weak, 1000, 1000); });
    CHECK(configure(context, hour, hour, 4).has_value());
    CHECK(configure(context, minimum, hour, 2).has_value());
}

TEST_CASE("a context is bound to one thread and a thread to one context") {
    World world;
    const Actor actor = world.spawn();
    const Actor passive = world.spawn({.passive = true});
    const uint64_t context = world.make(ObjectType::sched_context, 4);
    const uint64_t weak = world.derive(context, Right::read);
    const uint64_t weak_thread = world.derive(passive.thread, Right::read);
    const auto write_missing = static_cast<uint64_t>(Right::write);
    check_refused(world, {ErrorCode::already_bound, 0}, [&] { return bind(actor.context, passive.thread); });
    check_refused(world, {ErrorCode::already_bound, 1}, [&] { return bind(context, actor.thread); });
    check_refused(world, {ErrorCode::not_bound, 0}, [&] { return cap<stub::SchedContext>(context).unbind(); });
    check_refused(world, {ErrorCode::missing_right, 0, write_missing}, [&] { return bind(weak, passive.thread); });
    check_refused(world, {ErrorCode::missing_right, 1, write_missing}, [&] { return bind(context, weak_thread); });
    check_refused(world, {ErrorCode::missing_right, 0, write_missing},
                  [&] { return cap<stub::SchedContext>(weak).unbind(); });
    REQUIRE(bind(context, passive.thread).has_value());
}

TEST_CASE("a context that goes takes the time of who has it, running, ready or waiting for it") {
    SECTION("running") {
        Budgeted timed(1000, 1000);
        destroy(timed.actor.context);
        CHECK(state(timed.actor) == ThreadState::without_budget);
        CHECK(timed.actor.object->own_context == nullptr);
    }
    SECTION("ready") {
        World world;
        const Actor actor = world.spawn();
        destroy(actor.context);
        CHECK(state(actor) == ThreadState::without_budget);
        // Some other time, and it goes on.
        const uint64_t context = world.make(ObjectType::sched_context, 4);
        REQUIRE(configure(context, 1000, 1000).has_value());
        REQUIRE(bind(context, actor.thread).has_value());
        world.run(actor);
    }
    SECTION("waiting for it") {
        Budgeted timed(1000, 10'000);
        timed.world.pass(1000);
        destroy(timed.actor.context);
        CHECK(timed.world.core().release.empty());
        timed.world.pass(20'000);
        CHECK(state(timed.actor) == ThreadState::without_budget);
    }
}

TEST_CASE("a thread that is stopped while it waits for its budget has it when resumed") {
    Budgeted timed(1000, 10'000);
    timed.world.pass(1000);
    REQUIRE(cap<stub::Thread>(timed.actor.thread).suspend().has_value());
    timed.world.pass(10'000);
    CHECK((state(timed.actor) == ThreadState::ready && timed.actor.object->stopped()));
    CHECK(!timed.runs());
    (void)cap<stub::Thread>(timed.actor.thread).resume();
    CHECK(timed.runs());
}

TEST_CASE("a core without anything to run sleeps until the next release") {
    Budgeted timed(1000, 10'000);
    World& world = timed.world;
    const uint64_t bell = world.take_slot();
    REQUIRE(world.memory().retype(
                {.type = ObjectType::notification, .size = 0, .count = 1, .table = own_table(), .first = bell}) == 1);
    world.pass(1000);
    wait(bell);
    CHECK(world.running() == nullptr);
    world.pass(9000);
    CHECK(timed.runs());
}

}  // namespace selene::test
