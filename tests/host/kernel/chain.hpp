// SPDX-License-Identifier: BSD-2-Clause
// A chain of calls through which a budget is lent.
#pragma once

#include <vector>

#include "ipc/reply.hpp"
#include "talk.hpp"

namespace selene::test {

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

}  // namespace selene::test
