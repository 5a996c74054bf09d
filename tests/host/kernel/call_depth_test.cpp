// SPDX-License-Identifier: BSD-2-Clause
// How long loans may be: through how many calls a budget is passed on.
#include <catch2/generators/catch_generators.hpp>

#include "talk.hpp"

namespace selene::test {

namespace {

/// A chain of calls, each by a server that works for the one before, on the time of `client`.
struct LongChain {
    struct Server {
        uint64_t endpoint;
        uint64_t reply;
        Actor actor;
    };
    World world;
    Actor client = world.spawn();
    std::vector<Server> servers;

    explicit LongChain(unsigned length) {
        world.check_always(false);
        for (unsigned i = 0; i < length; ++i) {
            const Server server{world.make(ObjectType::endpoint), world.make(ObjectType::reply), world.spawn()};
            as(world, server.actor, [&] { return receive(server.endpoint, server.reply); });
            back(world);
            REQUIRE(cap<stub::SchedContext>(server.actor.context).unbind().has_value());
            servers.push_back(server);
        }
        for (unsigned i = 0; i < length; ++i) {
            const Actor& caller = i == 0 ? client : servers[i - 1].actor;
            CHECK(!as(world, caller, [&] { return call(servers[i].endpoint); }).tag.error());
        }
        world.check();
        world.check_always(true);
    }
};

}  // namespace

TEST_CASE("a budget is passed on through so many calls and no more") {
    LongChain chain(abi::call_depth);
    World& world = chain.world;
    const Actor& last = chain.servers.back().actor;
    world.run(last);
    CHECK(world.core().context == &world.object<SchedContext>(chain.client.context));
    const uint64_t further = world.make(ObjectType::endpoint);
    check_refused(world, {ErrorCode::too_many_links, 0, abi::call_depth}, [&] { return call(further); });
    SECTION("who has time of its own needs none") {
        const Actor active = world.spawn();
        const uint64_t reply = world.make(ObjectType::reply);
        as(world, active, [&] { return receive(further, reply); });
        machine::simulated().direct_switches = GENERATE(false, true);
        SECTION("to answer a call") {
            CHECK(!as(world, last, [&] { return call(further); }).tag.error());
            CHECK(state(last) == ThreadState::called_keeping);
        }
        SECTION("to hear of a fault") {
            REQUIRE(cap<stub::Task>(last.task)
                        .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(further))
                        .has_value());
            world.run(last);
            world.fault(abi::FaultKind::page_fault);
            CHECK(state(last) == ThreadState::faulted_keeping);
        }
        machine::simulated().direct_switches = true;
    }
    SECTION("it comes back with the answers") {
        for (auto server = chain.servers.rbegin(); server != chain.servers.rend(); ++server)
            as(world, server->actor, [&] { return reply_receive(server->endpoint, server->reply); });
        world.run(chain.client);
        CHECK(world.core().context == &world.object<SchedContext>(chain.client.context));
    }
    SECTION("a fault there has no handler") {
        if (GENERATE(false, true)) {
            // Who could only work on the same budget.
            const Actor passive = world.spawn();
            const uint64_t reply = world.make(ObjectType::reply);
            as(world, passive, [&] { return receive(further, reply); });
            back(world);
            REQUIRE(cap<stub::SchedContext>(passive.context).unbind().has_value());
            world.run(last);
        }
        REQUIRE(cap<stub::Task>(last.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(further))
                    .has_value());
        world.fault(abi::FaultKind::page_fault);
        CHECK(state(last) == ThreadState::inactive);
    }
    SECTION("when its owner leaves all are cancelled, from the last to the first, and served anew") {
        back(world);
        destroy(chain.client.thread);
        for (unsigned turns = 0; turns < 2 * abi::call_depth; ++turns) talk(SystemCall::yield, 0);
        for (const LongChain::Server& server : chain.servers) CHECK(state(server.actor) == ThreadState::unfinished);
    }
    SECTION("yielding to it finds who works at its end") {
        back(world);
        (void)cap<stub::SchedContext>(chain.client.context).yield_to();
        CHECK(world.running() == last.object);
    }
}

}  // namespace selene::test
