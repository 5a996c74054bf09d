// SPDX-License-Identifier: BSD-2-Clause
// Lent budgets and the Replies they are lent through: they come home in every case.
#include <catch2/generators/catch_generators.hpp>

#include "ipc/reply.hpp"
#include "object/task.hpp"
#include "object/inspection.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

/// A passive server at an endpoint of its own.
struct Server {
    uint64_t endpoint;
    uint64_t reply;
    Actor actor;
};

/// A client, and passive servers each of which can call the next.
///
///     client ── servers[0] ── servers[1] ── ...     the last one runs on the client's time
struct Chain {
    World world;
    Actor client = world.spawn();
    std::vector<Server> servers;

    explicit Chain(unsigned length) {
        for (unsigned i = 0; i < length; ++i) {
            const Server server{world.make(ObjectType::endpoint), world.make(ObjectType::reply), world.spawn()};
            as(world, server.actor, [&] { return receive(server.endpoint, server.reply); });
            back(world);
            REQUIRE(cap<stub::SchedContext>(server.actor.context).unbind().has_value());
            servers.push_back(server);
        }
        as(world, client, [&] { return call(servers[0].endpoint); });
        for (unsigned i = 1; i < length; ++i)
            as(world, servers[i - 1].actor, [&] { return call(servers[i].endpoint); });
        world.run(last().actor);
        CHECK(world.core().context == clients_time());
    }

    const Server& last() const { return servers.back(); }
    SchedContext* clients_time() { return &world.object<SchedContext>(client.context); }
    Reply& reply(unsigned number) { return world.object<Reply>(servers[number].reply); }
    /// The client has its time again and waits for an answer.
    void check_recalled() {
        CHECK(state(client) == ThreadState::called_keeping);
        CHECK(client.object->context == clients_time());
    }
    /// The client goes on with this error, on its own time.
    void check_cancelled() {
        CHECK(error_of(client) == sel::Error{ErrorCode::cancelled});
        world.run(client);
        CHECK(world.core().context == clients_time());
    }
};

}  // namespace

TEST_CASE("time goes down a chain of calls and comes back with the answers") {
    Chain chain(4);
    for (unsigned i = 4; i-- > 0;) {
        const Server& server = chain.servers[i];
        as(chain.world, server.actor, [&] { return reply_receive(server.endpoint, server.reply); });
        CHECK(state(server.actor) == ThreadState::receiving_passive);
        CHECK(server.actor.object->context == nullptr);
        chain.world.run(i > 0 ? *chain.servers[i - 1].actor.object : *chain.client.object);
        CHECK(chain.world.core().context == chain.clients_time());
    }
}

TEST_CASE("all time is charged to somebody, that of the kernel included") {
    machine::simulated().direct_switches = GENERATE(false, true);
    Chain chain(2);
    World& world = chain.world;
    const Actor other = world.spawn();
    const auto used = [&] {
        own_core.assert_held();
        return machine::simulated().now - world.core().charged_until + world.first().own_context->consumed +
               chain.clients_time()->consumed + world.object<SchedContext>(other.context).consumed;
    };
    machine::simulated().ticks_each_look = 3;
    const uint64_t before = machine::simulated().now;
    const uint64_t used_before = used();
    for (unsigned round = 0; round < 10; ++round) {
        for (unsigned i = 2; i-- > 0;) {
            const Server& server = chain.servers[i];
            as(world, server.actor, [&] { return reply_receive(server.endpoint, server.reply); });
        }
        as(world, other, [&] { return call(chain.servers[1].endpoint); });
        as(world, chain.client, [&] { return call(chain.servers[0].endpoint); });
        as(world, chain.servers[0].actor, [&] { return call(chain.servers[1].endpoint); });
        as(world, chain.servers[1].actor,
           [&] { return reply_receive(chain.servers[1].endpoint, chain.servers[1].reply); });
        world.run(chain.servers[1].actor);
    }
    CHECK(machine::simulated().now > before);
    CHECK(used() - used_before == machine::simulated().now - before);
    machine::simulated().direct_switches = true;
}

TEST_CASE("whoever runs on lent time cannot give it back without being ready for more") {
    Chain chain(1);
    check_refused(chain.world, {ErrorCode::lent_budget, 0}, [&] { return send(chain.last().reply); });
    check_refused(chain.world, {ErrorCode::lent_budget, 0},
                  [&] { return talk(SystemCall::try_send, chain.last().reply); });
}

TEST_CASE("another thread may answer for one that runs on lent time") {
    Chain chain(1);
    back(chain.world);
    CHECK(!send(chain.last().reply).tag.error());
    CHECK(is_bereft(chain.last().actor));
    chain.world.run(chain.client);
    CHECK(!error_of(chain.client).has_value());
}

TEST_CASE("a Reply that goes cancels its caller, wherever in a chain it stands") {
    for (const unsigned victim : {0U, 1U, 2U}) {
        Chain chain(3);
        back(chain.world);
        destroy(chain.servers[victim].reply);
        if (victim == 0) {
            chain.check_cancelled();
            continue;
        }
        // The caller in the middle goes on with an error, on what it had borrowed.
        const Actor& caller = chain.servers[victim - 1].actor;
        CHECK(error_of(caller) == sel::Error{ErrorCode::cancelled});
        CHECK(state(chain.client) == ThreadState::called_donating);
        chain.world.run(caller);
        CHECK(chain.world.core().context == chain.clients_time());
    }
}

TEST_CASE("a Reply that goes while its holder waits for calls cancels the receive") {
    Chain chain(1);
    reply_receive(chain.last().endpoint, chain.last().reply);
    back(chain.world);
    destroy(chain.last().reply);
    CHECK(error_of(chain.last().actor) == sel::Error{ErrorCode::cancelled});
    CHECK(chain.last().actor.object->reply == nullptr);
}

TEST_CASE("a Reply can move while a caller waits in it") {
    Chain chain(1);
    back(chain.world);
    const uint64_t to = chain.world.take_slot();
    REQUIRE(own_table()
                .grant({.first = to, .source = own_table(), .source_first = chain.last().reply, .count = 1})
                .has_value());
    as(chain.world, chain.last().actor, [&] { return reply_receive(chain.last().endpoint, to); });
    chain.world.run(chain.client);
    CHECK(!error_of(chain.client).has_value());
}

TEST_CASE("a derived Reply capability that goes takes nothing with it") {
    Chain chain(1);
    back(chain.world);
    const uint64_t derived = chain.world.derive(chain.last().reply, every_right);
    destroy(derived);
    CHECK(state(chain.client) == ThreadState::called_donating);
}

TEST_CASE("a thread that dies in a chain gives the time back at once, and its caller can be answered by another") {
    for (const unsigned victim : {0U, 1U, 2U}) {
        Chain chain(3);
        back(chain.world);
        destroy(chain.servers[victim].actor.thread);
        const Actor& caller = victim == 0 ? chain.client : chain.servers[victim - 1].actor;
        CHECK(state(caller) == ThreadState::called_keeping);
        CHECK(caller.object->context == chain.clients_time());
        CHECK(chain.reply(victim).holder == nullptr);
        CHECK(!send(chain.servers[victim].reply).tag.error());
        chain.world.run(caller);
        CHECK(chain.world.core().context == chain.clients_time());
    }
}

TEST_CASE("a thread that ends itself on lent time gives it back") {
    Chain chain(2);
    destroy(chain.last().actor.thread);
    CHECK(chain.world.running() != nullptr);
    CHECK(state(chain.servers[0].actor) == ThreadState::called_keeping);
    CHECK(chain.servers[0].actor.object->context == chain.clients_time());
}

TEST_CASE("a client that dies takes its time with it, and its servers stop") {
    Chain chain(2);
    back(chain.world);
    destroy(chain.client.thread);
    CHECK(chain.reply(0).caller == nullptr);
    CHECK(is_bereft(chain.last().actor));
    CHECK(chain.clients_time()->home == nullptr);
    // Whoever calls next is served.
    const Actor other = chain.world.spawn();
    as(chain.world, other, [&] { return call(chain.servers[0].endpoint); });
    CHECK(state(other) == ThreadState::calling);
}

TEST_CASE("a client whose task dies leaves the chain with its time") {
    Chain chain(2);
    back(chain.world);
    destroy(chain.client.task);
    CHECK(state(chain.client) == ThreadState::inactive);
    CHECK(chain.reply(0).caller == nullptr);
    CHECK(chain.client.object->context == chain.clients_time());
}

TEST_CASE("a server whose task dies gives the time back") {
    Chain chain(2);
    back(chain.world);
    destroy(chain.last().actor.task);
    CHECK(state(chain.last().actor) == ThreadState::inactive);
    CHECK(state(chain.servers[0].actor) == ThreadState::called_keeping);
}

TEST_CASE("a context that is unbound or dies comes home first") {
    for (const bool dies : {false, true}) {
        Chain chain(2);
        back(chain.world);
        if (dies) {
            destroy(chain.client.context);
        } else {
            REQUIRE(cap<stub::SchedContext>(chain.client.context).unbind().has_value());
        }
        CHECK(state(chain.client) == ThreadState::called_keeping);
        CHECK(chain.client.object->context == nullptr);
        CHECK(is_bereft(chain.last().actor));
    }
}

TEST_CASE("the time a thread runs on can be taken from it by itself") {
    Chain chain(1);
    REQUIRE(chain.world.running() == chain.last().actor.object);
    (void)cap<stub::SchedContext>(chain.client.context).unbind();
    CHECK(is_bereft(chain.last().actor));
    CHECK(chain.world.running() != chain.last().actor.object);
}

TEST_CASE("suspending a client changes nothing for its server, until the answer") {
    Chain chain(2);
    back(chain.world);
    REQUIRE(cap<stub::Thread>(chain.client.thread).suspend().has_value());
    CHECK(state(chain.client) == ThreadState::called_donating);
    for (unsigned i = 2; i-- > 0;) {
        const Server& server = chain.servers[i];
        as(chain.world, server.actor, [&] { return reply_receive(server.endpoint, server.reply); });
    }
    CHECK(state(chain.client) == ThreadState::ready);
    CHECK(chain.client.object->stopped());
    REQUIRE(chain.world.running() == &chain.world.first());
    REQUIRE(cap<stub::Thread>(chain.client.thread).resume().has_value());
    chain.world.run(chain.client);
    CHECK(!error_of(chain.client).has_value());
}

TEST_CASE("suspending a server suspends the work, not the loan") {
    Chain chain(2);
    back(chain.world);
    REQUIRE(cap<stub::Thread>(chain.last().actor.thread).suspend().has_value());
    CHECK(state(chain.client) == ThreadState::called_donating);
    REQUIRE(cap<stub::Thread>(chain.last().actor.thread).resume().has_value());
    chain.world.run(chain.last().actor);
    CHECK(chain.world.core().context == chain.clients_time());
}

TEST_CASE("a server that suspends itself on lent time goes on with it when resumed") {
    Chain chain(1);
    REQUIRE(cap<stub::Thread>(chain.last().actor.thread).suspend().has_value());
    REQUIRE(chain.world.running() == &chain.world.first());
    CHECK(chain.last().actor.object->context == chain.clients_time());
    // Its client can be answered meanwhile.
    CHECK(!send(chain.last().reply).tag.error());
    CHECK(chain.last().actor.object->context == nullptr);
    REQUIRE(cap<stub::Thread>(chain.last().actor.thread).resume().has_value());
    CHECK(is_bereft(chain.last().actor));
}

TEST_CASE("a server that receives with another Reply gives back what it has not answered") {
    Chain chain(1);
    World& world = chain.world;
    back(world);
    const uint64_t second = world.make(ObjectType::reply);
    const Actor other = world.spawn();
    as(world, chain.last().actor, [&] { return receive(chain.last().endpoint, second); });
    chain.check_recalled();
    CHECK(state(chain.last().actor) == ThreadState::receiving_passive);
    as(world, other, [&] { return call(chain.last().endpoint); });
    CHECK(state(other) == ThreadState::called_donating);
    // The first caller is answered on the second one's time.
    as(world, chain.last().actor, [&] { return send(chain.last().reply); });
    CHECK(!error_of(chain.last().actor).has_value());
    CHECK(state(chain.client) == ThreadState::ready);
}

TEST_CASE("an active server takes no time, and the client keeps its own") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor server = world.spawn();
    const Actor client = world.spawn();
    as(world, server, [&] { return receive(endpoint, reply); });
    as(world, client, [&] { return call(endpoint); });
    CHECK(state(client) == ThreadState::called_keeping);
    world.run(server);
    CHECK(world.core().context == &world.object<SchedContext>(server.context));
    // Its own time can go while it serves; there is none to fall back to.
    back(world);
    REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    CHECK(state(server) == ThreadState::without_budget);
    REQUIRE(cap<stub::SchedContext>(server.context).bind(cap<stub::Thread>(server.thread)).has_value());
    world.run(server);
    reply_receive(endpoint, reply);
    world.run(client);
    CHECK(!error_of(client).has_value());
}

TEST_CASE("a thread that runs on lent time cannot be given some of its own") {
    Chain chain(2);
    back(chain.world);
    for (const Server& server : chain.servers) {
        const auto now = static_cast<uint64_t>(inspection::state_of(*server.actor.object));
        check_refused(chain.world, {ErrorCode::wrong_state, 1, now}, [&] {
            return cap<stub::SchedContext>(server.actor.context).bind(cap<stub::Thread>(server.actor.thread));
        });
    }
}

TEST_CASE("what a server uses is charged to the client's context") {
    Chain chain(1);
    const uint64_t before = chain.clients_time()->consumed;
    machine::simulated().now += 700;
    back(chain.world);
    CHECK(chain.clients_time()->consumed == before + 700);
    CHECK(chain.world.object<SchedContext>(chain.last().actor.context).consumed <= before);
}

TEST_CASE("when lent time runs out the server waits for it to come back") {
    Chain chain(1);
    World& world = chain.world;
    back(world);
    const uint64_t budget = 1000;
    const uint64_t period = 50'000;
    REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                .configure({.context = cap<stub::SchedContext>(chain.client.context),
                            .budget = budget,
                            .period = period,
                            .refills = 0})
                .has_value());
    world.run(chain.last().actor);
    world.pass(budget);
    // Its turn comes, and finds nothing to run on.
    talk(SystemCall::yield, 0);
    CHECK(state(chain.last().actor) == ThreadState::without_budget);
    CHECK(chain.clients_time()->waiter == chain.last().actor.object);
    SECTION("it goes on then") {
        world.pass(period);
        world.run(chain.last().actor);
        CHECK(world.core().context == chain.clients_time());
    }
    SECTION("the client dies meanwhile") {
        back(world);
        destroy(chain.client.thread);
        CHECK(chain.clients_time()->waiter == nullptr);
    }
    SECTION("the server dies meanwhile") {
        back(world);
        destroy(chain.last().actor.thread);
        chain.check_recalled();
        CHECK(chain.clients_time()->waiter == nullptr);
    }
}

}  // namespace selene::test
