// SPDX-License-Identifier: BSD-2-Clause
// Nobody waits for ever for somebody who cannot come: lost time, receivers without a Reply, ends by a fault.
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

/// A server that has given its time back and waits for calls.
struct Passive {
    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t reply = world.make(ObjectType::reply);
    Actor server = world.spawn();

    Passive() {
        as(world, server, [&] { return receive(endpoint, reply); });
        back(world);
        REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    }
};

}  // namespace

TEST_CASE("a queued caller that has lost its time does not strand a passive server") {
    Passive passive;
    World& world = passive.world;
    const Actor good = world.spawn();
    const Actor bad = world.spawn();
    const Actor third = world.spawn();
    as(world, good, [&] { return call(passive.endpoint); });
    as(world, bad, [&] { return call(passive.endpoint); });
    as(world, third, [&] { return call(passive.endpoint); });
    back(world);
    REQUIRE(cap<stub::SchedContext>(bad.context).unbind().has_value());
    as(world, passive.server, [&] { return reply_receive(passive.endpoint, passive.reply); });
    CHECK(state(passive.server) != ThreadState::without_budget);
    CHECK(state(third) == ThreadState::called_donating);
}

TEST_CASE("a fault finds the receiver with a Reply behind one without") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor plain = world.spawn();
    const Actor handler = world.spawn();
    const Actor thread = world.spawn();
    REQUIRE(
        cap<stub::Task>(thread.task).install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(endpoint)).has_value());
    as(world, plain, [&] { return receive(endpoint); });
    as(world, handler, [&] { return receive(endpoint, reply); });
    SECTION("fault") {
        world.run(thread);
        world.fault(abi::FaultKind::page_fault);
        CHECK(state(thread) == ThreadState::faulted_keeping);
    }
    SECTION("call") {
        const Registers out = as(world, thread, [&] { return call(endpoint); });
        CHECK(!out.tag.error());
        CHECK(state(thread) == ThreadState::called_keeping);
    }
}

TEST_CASE("a faulted server that its handler stops gives its client's time back") {
    Passive passive;
    World& world = passive.world;
    const uint64_t faults = world.make(ObjectType::endpoint);
    const uint64_t fault_reply = world.make(ObjectType::reply);
    const Actor handler = world.spawn();
    const Actor client = world.spawn();
    REQUIRE(cap<stub::Task>(passive.server.task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults))
                .has_value());
    as(world, handler, [&] { return receive(faults, fault_reply); });
    as(world, client, [&] { return call(passive.endpoint); });
    world.run(passive.server);
    SECTION("by the handler's answer") {
        world.fault(abi::FaultKind::page_fault);
        as(world, handler, [&] { return send(fault_reply, {.label = 1}); });
    }
    SECTION("by the loss of its space") {
        back(world);
        REQUIRE(cap<stub::Task>(passive.server.task).remove(abi::TaskSlot::space).has_value());
        talk(SystemCall::yield, 0);
    }
    CHECK(state(passive.server) == ThreadState::inactive);
    CHECK(state(client) == ThreadState::called_keeping);
    CHECK(client.object->context == &world.object<SchedContext>(client.context));
}

TEST_CASE("a thread that receives hears of a notification that is signalled when it is bound") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t notification = world.make(ObjectType::notification);
    const Actor actor = world.spawn();
    as(world, actor, [&] { return receive(endpoint); });
    back(world);
    signal(notification);
    REQUIRE(cap<stub::Notification>(notification).bind(cap<stub::Thread>(actor.thread)).has_value());
    CHECK(state(actor) == ThreadState::ready);
    CHECK(result(actor).tag.signal());
}

TEST_CASE("a plain receiver that loses its time takes no send that it could not use") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const Actor actor = world.spawn();
    as(world, actor, [&] { return receive(endpoint); });
    back(world);
    REQUIRE(cap<stub::SchedContext>(actor.context).unbind().has_value());
    check_refused(world, {ErrorCode::would_block}, [&] { return try_send(endpoint); });
}

TEST_CASE("a server in the middle of a chain whose client has left goes on when it is given time") {
    Passive passive;
    World& world = passive.world;
    const uint64_t inner = world.make(ObjectType::endpoint);
    const uint64_t inner_reply = world.make(ObjectType::reply);
    const Actor worker = world.spawn();
    as(world, worker, [&] { return receive(inner, inner_reply); });
    back(world);
    REQUIRE(cap<stub::SchedContext>(worker.context).unbind().has_value());
    const Actor client = world.spawn();
    as(world, client, [&] { return call(passive.endpoint); });
    as(world, passive.server, [&] { return call(inner); });
    back(world);
    destroy(client.thread);
    CHECK(state(passive.server) == ThreadState::called_keeping);
    REQUIRE(cap<stub::SchedContext>(passive.server.context).bind(cap<stub::Thread>(passive.server.thread)).has_value());
    REQUIRE(cap<stub::SchedContext>(worker.context).bind(cap<stub::Thread>(worker.thread)).has_value());
    as(world, worker, [&] { return reply_receive(inner, inner_reply); });
    world.run(passive.server);
    CHECK(!error_of(passive.server));
}

TEST_CASE("whoever waits at what goes with its memory is told") {
    for (const ObjectType type : {ObjectType::endpoint, ObjectType::notification}) {
        for (const abi::KeepRoot keep : {abi::KeepRoot::descendants, abi::KeepRoot::self}) {
            World world;
            const uint64_t memory = world.make(ObjectType::untyped, 1);
            const uint64_t place = world.take_slots(2);
            const auto made = cap<stub::Untyped>(memory).retype(
                {.type = type, .size = 0, .count = 2, .table = own_table(), .first = place});
            REQUIRE(made.has_value());
            const Actor waiter = world.spawn();
            as(world, waiter, [&] { return type == ObjectType::endpoint ? receive(place) : wait(place); });
            back(world);
            REQUIRE(own_table().unmap({.first = memory, .count = 1, .root = keep}).has_value());
            CHECK(state(waiter) == ThreadState::ready);
            CHECK(error_of(waiter) == sel::Error{ErrorCode::cancelled});
        }
    }
}

}  // namespace selene::test
