// SPDX-License-Identifier: BSD-2-Clause
// Time-outs: who hears that a thread has lost the time that it ran on, and when nobody does.
#include <catch2/generators/catch_generators.hpp>

#include "ipc/endpoint.hpp"
#include "ipc/reply.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

constexpr uint64_t badge = 0x7e;

/// A passive server whose task has a time-out endpoint, a handler with time of its own that waits there, and a client.
struct Watched {
    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t reply = world.make(ObjectType::reply);
    uint64_t timeouts = world.make(ObjectType::endpoint);
    uint64_t badged = world.derive(timeouts, every_right, badge);
    uint64_t handlers_reply = world.make(ObjectType::reply);
    Actor server = world.spawn();
    Actor handler = world.spawn();
    Actor client = world.spawn();

    Watched() {
        REQUIRE(cap<stub::Task>(server.task)
                    .install(abi::TaskSlot::timeout_endpoint, cap<stub::Endpoint>(badged))
                    .has_value());
        as(world, server, [&] { return receive(endpoint, reply); });
        back(world);
        REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    }
    void handle() {
        as(world, handler, [&] { return receive(timeouts, handlers_reply); });
    }
    void serve() {
        as(world, client, [&] { return call(endpoint); });
        world.run(server);
        back(world);
    }
    /// The client has this much in a period ten times as long.
    void limit_client(uint64_t budget) {
        REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                    .configure({.context = cap<stub::SchedContext>(client.context),
                                .budget = budget,
                                .period = 10 * budget,
                                .refills = 0})
                    .has_value());
    }
    /// Until the server has had its turn, or cannot have one.
    void settle() {
        for (unsigned turns = 0; turns < 8 && state(server) == ThreadState::ready; ++turns) talk(SystemCall::yield, 0);
    }
    void check_told(abi::TimeoutCause cause) {
        const Registers told = result(handler);
        CHECK(told.x0 == badge);
        CHECK(told.tag.fault());
        CHECK(told.tag.label() == static_cast<uint32_t>(abi::FaultKind::timeout));
        CHECK(told.words[1] == static_cast<uint64_t>(cause));
    }
};

}  // namespace

TEST_CASE("a passive server whose client leaves is a time-out that says so") {
    Watched watched;
    World& world = watched.world;
    watched.handle();
    watched.serve();
    SECTION("while it is ready") { destroy(watched.client.thread); }
    SECTION("while it runs, and takes the client's time by itself") {
        world.run(watched.server);
        destroy(watched.client.context);
        if (world.running() != &world.first()) back(world);
    }
    SECTION("while it waits, as soon as it would go on") {
        const uint64_t bell = world.make(ObjectType::notification);
        as(world, watched.server, [&] { return wait(bell); });
        back(world);
        destroy(watched.client.thread);
        CHECK(state(watched.server) == ThreadState::waiting);
        signal(bell);
        talk(SystemCall::yield, 0);
    }
    SECTION("when somebody else answers for it") {
        CHECK(!send(watched.reply).tag.error());
        talk(SystemCall::yield, 0);
    }
    watched.settle();
    CHECK(state(watched.server) == ThreadState::faulted_keeping);
    watched.check_told(abi::TimeoutCause::lender_left);
    // The handler lets it begin anew, on time that it gives.
    world.run(watched.handler);
    CHECK(!send(watched.handlers_reply).tag.error());
    CHECK(state(watched.server) == ThreadState::without_budget);
    back(world);
    REQUIRE(cap<stub::SchedContext>(watched.server.context).bind(cap<stub::Thread>(watched.server.thread)).has_value());
    CHECK(state(watched.server) == ThreadState::ready);
}

TEST_CASE("a time-out waits for its handler") {
    Watched watched;
    watched.serve();
    destroy(watched.client.thread);
    watched.settle();
    CHECK(state(watched.server) == ThreadState::faulting_alone);
    watched.handle();
    CHECK(state(watched.server) == ThreadState::faulted_keeping);
    watched.check_told(abi::TimeoutCause::lender_left);
}

TEST_CASE("a server without time that nobody is told of waits for another caller") {
    Watched watched;
    World& world = watched.world;
    SECTION("its task has no time-out endpoint") {
        REQUIRE(cap<stub::Task>(watched.server.task).remove(abi::TaskSlot::timeout_endpoint).has_value());
        watched.handle();
    }
    SECTION("the handler has no time either") {
        watched.handle();
        back(world);
        REQUIRE(cap<stub::SchedContext>(watched.handler.context).unbind().has_value());
    }
    watched.serve();
    destroy(watched.client.thread);
    watched.settle();
    CHECK(state(watched.server) == ThreadState::unfinished);
}

TEST_CASE("a budget that is used up is a time-out, once, and the thread goes on when it is full again") {
    Watched watched;
    World& world = watched.world;
    constexpr uint64_t budget = 5000;
    watched.handle();
    back(world);
    watched.limit_client(budget);
    watched.serve();
    world.run(watched.server);
    world.pass(budget);
    watched.settle();
    CHECK(state(watched.server) == ThreadState::faulted_keeping);
    watched.check_told(abi::TimeoutCause::used_up);
    CHECK(result(watched.handler).words[0] >= budget);
    world.run(watched.handler);
    CHECK(!send(watched.handlers_reply).tag.error());
    watched.settle();
    CHECK(state(watched.server) == ThreadState::without_budget);
    CHECK(world.object<Reply>(watched.handlers_reply).caller == nullptr);
    world.pass(10 * budget);
    CHECK(state(watched.server) == ThreadState::ready);
    world.run(watched.server);
}

TEST_CASE("a caller with hardly any time left stops no server without its being told") {
    Watched watched;
    World& world = watched.world;
    constexpr uint64_t budget = 5000;
    const uint64_t too_little = world.kernel().minimum_budget - 1;
    watched.handle();
    back(world);
    watched.limit_client(budget);
    SECTION("when it is called") {
        world.run(watched.client);
        world.pass(budget - too_little);
        as(world, watched.client, [&] { return call(watched.endpoint); });
    }
    SECTION("when it lets others go first") {
        watched.serve();
        world.run(watched.server);
        world.pass(budget - too_little);
        REQUIRE(world.running() == watched.server.object);
        machine::simulated().direct_switches = GENERATE(false, true);
        talk(SystemCall::yield, 0);
        machine::simulated().direct_switches = true;
    }
    SECTION("when it stops itself") {
        watched.serve();
        world.run(watched.server);
        world.pass(budget - too_little);
        REQUIRE(cap<stub::Thread>(watched.server.thread).suspend().has_value());
        REQUIRE(world.running() != watched.server.object);
        back(world);
        REQUIRE(cap<stub::Thread>(watched.server.thread).resume().has_value());
    }
    SECTION("when it is answered itself") {
        // The one in the middle runs on what comes back to it.
        const uint64_t inner = world.make(ObjectType::endpoint);
        const uint64_t inner_reply = world.make(ObjectType::reply);
        const Actor helper = world.spawn();
        as(world, helper, [&] { return receive(inner, inner_reply); });
        back(world);
        REQUIRE(cap<stub::SchedContext>(helper.context).unbind().has_value());
        as(world, watched.client, [&] { return call(watched.endpoint); });
        as(world, watched.server, [&] { return call(inner); });
        world.run(helper);
        world.pass(budget - too_little);
        as(world, helper, [&] { return reply_receive(inner, inner_reply); });
    }
    // Who goes on by the hot path, which looks at no clock, has the rest first.
    if (world.running() == watched.server.object) world.pass(too_little);
    watched.settle();
    CHECK(state(watched.server) == ThreadState::faulted_keeping);
    watched.check_told(abi::TimeoutCause::used_up);
}

TEST_CASE("a slice of a round robin that ends is no time-out") {
    Watched watched;
    World& world = watched.world;
    watched.handle();
    watched.serve();
    const SchedContext& context = world.object<SchedContext>(watched.client.context);
    REQUIRE(context.budget == context.period);
    world.run(watched.server);
    world.pass(context.budget);
    back(world);
    CHECK(state(watched.server) == ThreadState::ready);
    CHECK(state(watched.handler) == ThreadState::receiving_active);
}

}  // namespace selene::test
