// SPDX-License-Identifier: BSD-2-Clause
// A passive server that its caller may leave.
#pragma once

#include "ipc/reply.hpp"
#include "talk.hpp"

namespace selene::test {

/// A passive server, at work for a client.
struct Left {
    static constexpr uint64_t badge = 9;

    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t badged = world.derive(endpoint, every_right, badge);
    uint64_t reply = world.make(ObjectType::reply);
    Actor server = world.spawn();
    Actor client = world.spawn();
    Actor next = world.spawn();

    Left() {
        as(world, server, [&] { return receive(endpoint, reply); });
        back(world);
        REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
        as(world, client, [&] { return call(endpoint); });
        back(world);
    }
    /// The client goes, and the server has its turn to find out.
    void leave() {
        destroy(client.thread);
        settle();
    }
    void settle() {
        for (unsigned turns = 0; turns < 8 && state(server) == ThreadState::ready; ++turns) talk(SystemCall::yield, 0);
    }
    void next_calls() {
        as(world, next, [&] { return call(badged, {.words = {1, 2, 3}, .length = 3}); });
        back(world);
    }
    /// The server, on the next client's time, ends what nobody waits for, serves that one, and is ready for more.
    void check_serves_next() {
        CHECK(state(next) == ThreadState::called_donating);
        as(world, server, [&] { return reply_receive(endpoint, reply, {.words = {77}, .length = 1}); });
        CHECK(state(server) == ThreadState::receiving_passive);
        world.run(next);
        world.finish(*next.object);
        CHECK(state(next) == ThreadState::called_donating);
        world.run(server);
        const Registers taken = result(server);
        CHECK((taken.x0 == badge && taken.tag.length() == 3 && taken.words[0] == 1 && taken.words[2] == 3));
        as(world, server, [&] { return reply_receive(endpoint, reply, {.words = {5}, .length = 1}); });
        world.run(next);
        CHECK((result(next).tag.length() == 1 && result(next).words[0] == 5));
        CHECK(state(server) == ThreadState::receiving_passive);
        CHECK(world.core().context == &world.object<SchedContext>(next.context));
    }
};

}  // namespace selene::test
