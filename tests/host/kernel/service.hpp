// SPDX-License-Identifier: BSD-2-Clause
// A server and its client.
#pragma once

#include "talk.hpp"

namespace selene::test {

/// A server that waits for calls, passive or not, and a client.
struct Service {
    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t reply = world.make(ObjectType::reply);
    uint64_t badged = world.derive(endpoint, every_right, 77);
    Actor client;
    Actor server;

    explicit Service(const Spawn& of_server = {})
        : client(world.spawn()), server(world.spawn({.passive = false, .buffered = of_server.buffered})) {
        as(world, server, [&] { return receive(endpoint, reply); });
        back(world);
        // A passive server is one that has given its time back when it was ready.
        if (of_server.passive) REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    }
};

}  // namespace selene::test
