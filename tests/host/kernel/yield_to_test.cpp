// SPDX-License-Identifier: BSD-2-Clause
// Yielding to the thread of a scheduling context.
#include "talk.hpp"

namespace selene::test {

namespace {

/// The first thread, who yields; others of its priority, all ready.
struct Yielding {
    World world;
    Actor others[2] = {world.spawn(), world.spawn()};
    Actor low = world.spawn();

    explicit Yielding(uint8_t lower = 0) {
        REQUIRE(cap<stub::Thread>(low.thread)
                    .set_priority({.priority = static_cast<uint8_t>(world.first().priority() - lower),
                                   .maximum = 0,
                                   .authority = cap<stub::Thread>(BootSlot::thread)})
                    .has_value());
    }
    auto yield_to(const Actor& actor) { return cap<stub::SchedContext>(actor.context).yield_to(); }
};

}  // namespace

TEST_CASE("who is yielded to runs at once, before others of its priority, and the answer says what it has used") {
    Yielding yielding;
    World& world = yielding.world;
    const Actor& chosen = yielding.others[1];
    const uint64_t bell = world.make(ObjectType::notification);
    REQUIRE(cap<stub::SchedContext>(chosen.context).consumed().has_value());
    (void)yielding.yield_to(chosen);
    CHECK(world.running() == chosen.object);
    world.pass(70);
    // Right behind it comes who has yielded, before those who were there already.
    talk(SystemCall::wait, bell);
    CHECK(world.running() == &world.first());
    const SchedContext& context = world.object<SchedContext>(chosen.context);
    const uint64_t used = context.consumed;
    CHECK(used >= 70);
    world.finish(world.first());
    CHECK(World::result(world.first()).words[0] == used);
    CHECK(context.consumed == 0);
}

TEST_CASE("nobody is yielded to who could not go on before the caller") {
    Yielding yielding(1);
    World& world = yielding.world;
    SECTION("with a lower priority, it is the next of that one") {
        const Actor second = world.spawn();
        REQUIRE(cap<stub::Thread>(second.thread)
                    .set_priority({.priority = yielding.low.object->priority(),
                                   .maximum = 0,
                                   .authority = cap<stub::Thread>(BootSlot::thread)})
                    .has_value());
        REQUIRE(world.core().ready.first(second.object->priority()) == yielding.low.object);
        CHECK(yielding.yield_to(second).has_value());
        CHECK(world.core().ready.first(second.object->priority()) == second.object);
    }
    SECTION("while it waits") {
        const uint64_t bell = world.make(ObjectType::notification);
        as(world, yielding.others[0], [&] { return wait(bell); });
        back(world);
        CHECK(yielding.yield_to(yielding.others[0]).has_value());
    }
    SECTION("while it is stopped") {
        REQUIRE(cap<stub::Thread>(yielding.others[0].thread).suspend().has_value());
        CHECK(yielding.yield_to(yielding.others[0]).has_value());
    }
    SECTION("itself") { CHECK(cap<stub::SchedContext>(BootSlot::sched_context).yield_to().has_value()); }
    CHECK(world.running() == &world.first());
}

TEST_CASE("yielding to a client lets its server run") {
    Yielding yielding;
    World& world = yielding.world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor& server = yielding.others[0];
    const Actor& client = yielding.others[1];
    as(world, server, [&] { return receive(endpoint, reply); });
    back(world);
    REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    as(world, client, [&] { return call(endpoint); });
    back(world);
    (void)yielding.yield_to(client);
    CHECK(world.running() == server.object);
}

}  // namespace selene::test
