// SPDX-License-Identifier: BSD-2-Clause
// A server and its client whose system calls all begin with the hot path.
#pragma once

#include <algorithm>

#include "talk.hpp"

namespace selene::test {

/// A passive server that waits at an endpoint, and a client.
struct Hot {
    static constexpr uint64_t badge = 77;

    World world;
    uint64_t endpoint = make(ObjectType::endpoint);
    uint64_t badged = derive(endpoint, every_right, badge);
    uint64_t reply = make(ObjectType::reply);
    uint64_t notification = make(ObjectType::notification);
    Actor client;
    Actor server;

    struct Options {
        bool client_has_buffer = true;
        bool server_has_buffer = true;
        bool server_is_passive = true;
    };
    explicit Hot(Options options)
        : client(world.spawn({.buffered = options.client_has_buffer})),
          server(world.spawn({.buffered = options.server_has_buffer})) {
        machine::simulated().direct_switches = true;
        machine::simulated().tag_count = 8;  // as many spaces as any of these tests has
        make_wait(server, reply);
        if (options.server_is_passive) make_passive(server);
    }
    Hot() : Hot(Options{}) {}

    /// A call of what lies in such a slot goes by the hot path: World::slot_at_hand.
    void go_to_place() {
        while (world.next_empty() % 4 != 2) (void)world.take_slot();
    }
    uint64_t make(ObjectType type) {
        go_to_place();
        return world.make(type);
    }
    uint64_t derive(uint64_t source, abi::RightsMask rights, uint64_t with_badge = 0) {
        go_to_place();
        return world.derive(source, rights, with_badge);
    }
    /// A thread waits at the endpoint.
    void make_wait(const Actor& actor, uint64_t with) {
        as(world, actor, [&] { return receive(endpoint, with); });
        back(world);
    }
    static void make_passive(const Actor& actor) {
        REQUIRE(cap<stub::SchedContext>(actor.context).unbind().has_value());
    }
    Actor add_server() {
        const uint64_t with = make(ObjectType::reply);
        const Actor another = world.spawn();
        make_wait(another, with);
        make_passive(another);
        return another;
    }
    static stub::Thread thread(const Actor& actor) { return cap<stub::Thread>(actor.thread); }
    /// The first thread does something meanwhile.
    template <class Action>
    void meanwhile(const Action& action) {
        back(world);
        action();
    }
    /// Below the first thread, which is ready.
    void make_less_urgent(const Actor& actor) {
        const auto authority = cap<stub::Thread>(BootSlot::thread);
        meanwhile([&] {
            REQUIRE(thread(actor).set_priority({.priority = 254, .maximum = 254, .authority = authority}).has_value());
        });
    }
    /// As many threads in spaces of their own run as there are tags: whoever had one before has none.
    void take_all_tags() {
        for (unsigned i = 0; i < machine::tag_count(); ++i) {
            back(world);
            world.run(world.spawn());
        }
    }
};

/// What system calls `act` does by the hot path or the long one.
template <class Act>
unsigned taken(const Act& act) {
    const unsigned before = machine::simulated().hot_calls;
    act();
    return machine::simulated().hot_calls - before;
}

}  // namespace selene::test
