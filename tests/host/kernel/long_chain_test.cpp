// SPDX-License-Identifier: BSD-2-Clause
// Loans through many calls: taken home in bounded steps.
#include "chain.hpp"
#include "ipc/lending.hpp"

namespace selene::test {

namespace {

/// The loan of a long chain comes to an end in some way.
struct LongChain : Chain {
    static constexpr unsigned length = 48;

    LongChain() : Chain(length) { back(world); }

    /// Step by step, with an interrupt after each.
    template <class Ending>
    void end(const Ending& ending) {
        machine::simulated().preempt_every = 1;
        ending();
        machine::simulated().preempt_every = 0;
    }
    void check_ended(unsigned from) {
        for (unsigned i = from; i + 1 < length; ++i) {
            CHECK(state(servers[i].actor) == ThreadState::called_keeping);
            CHECK(servers[i].actor.object->context == nullptr);
            CHECK(servers[i].actor.object->loan == nullptr);
        }
        CHECK(state(last().actor) == ThreadState::without_budget);
    }
};

}  // namespace

TEST_CASE("the loan of a long chain comes home in bounded steps") {
    LongChain chain;
    SECTION("the client dies") {
        chain.end([&] { destroy(chain.client.thread); });
        CHECK(chain.clients_time()->home == nullptr);
        chain.check_ended(0);
    }
    SECTION("its task dies") {
        chain.end([&] { destroy(chain.client.task); });
        CHECK(chain.client.object->context == chain.clients_time());
        chain.check_ended(0);
    }
    SECTION("its Reply dies") {
        chain.end([&] { destroy(chain.servers[0].reply); });
        chain.check_cancelled();
        chain.check_ended(0);
    }
    SECTION("its time is unbound") {
        chain.end([&] { REQUIRE(cap<stub::SchedContext>(chain.client.context).unbind().has_value()); });
        CHECK(state(chain.client) == ThreadState::called_keeping);
        chain.check_ended(0);
    }
    SECTION("its time dies") {
        chain.end([&] { destroy(chain.client.context); });
        chain.check_ended(0);
    }
    SECTION("somebody else answers") {
        chain.end([&] { CHECK(!send(chain.servers[0].reply).tag.error()); });
        CHECK(state(chain.client) == ThreadState::ready);
        chain.check_ended(0);
    }
    SECTION("a server in the middle dies") {
        constexpr unsigned middle = 7;
        chain.end([&] { destroy(chain.servers[middle].actor.thread); });
        CHECK(state(chain.servers[middle - 1].actor) == ThreadState::called_keeping);
        CHECK(chain.servers[middle - 1].actor.object->context == chain.clients_time());
        CHECK(state(chain.client) == ThreadState::called_donating);
        chain.check_ended(middle + 1);
    }
    SECTION("a Reply in the middle dies") {
        constexpr unsigned middle = 7;
        chain.end([&] { destroy(chain.servers[middle].reply); });
        chain.world.run(chain.servers[middle - 1].actor);
        CHECK(chain.world.core().context == chain.clients_time());
        chain.check_ended(middle);
    }
}

TEST_CASE("a loan that has been shortened comes home whatever happens then") {
    LongChain chain;
    World& world = chain.world;
    // Somebody has begun to take it home, and goes on no more.
    own_core.assert_held();
    REQUIRE(!lending::shorten(*chain.client.object));
    Thread& passed_by = *chain.servers[3].actor.object;
    CHECK(state(chain.client) == ThreadState::called_donating);
    Thread& near = *chain.servers[0].actor.object;
    REQUIRE(near.loan != nullptr);
    Thread& next = *near.loan->holder;
    CHECK(passed_by.state() == ThreadState::called_keeping);
    world.check();
    world.run(chain.last().actor);
    CHECK(world.core().context == chain.clients_time());
    SECTION("the answers pass up to where it is lent to, and there it is given back") {
        for (unsigned i = LongChain::length; i-- > 0;) {
            const Server& server = chain.servers[i];
            as(world, server.actor, [&] { return reply_receive(server.endpoint, server.reply); });
            if (server.actor.object == &next) break;
        }
        CHECK(near.context == chain.clients_time());
        CHECK(near.loan == nullptr);
        CHECK(near.state() == ThreadState::called_keeping);
    }
    SECTION("the caller of its Reply leaves") {
        back(world);
        for (const Server& server : chain.servers) {
            if (server.actor.object != near.loan->caller) continue;
            destroy(server.actor.thread);
            break;
        }
        CHECK(near.loan == nullptr);
        CHECK(near.context == chain.clients_time());
    }
    SECTION("the lender leaves") {
        back(world);
        destroy(chain.servers[0].actor.thread);
        chain.check_recalled();
        CHECK(next.reply->lender == nullptr);
    }
    SECTION("the first lender leaves") {
        back(world);
        destroy(chain.client.thread);
        chain.check_ended(0);
    }
    world.check();
}

}  // namespace selene::test
