// SPDX-License-Identifier: BSD-2-Clause
// Notifications: bits, waiters, the bound thread.
#include "ipc/notification.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

/// A notification and two capabilities to it with a bit each, and a thread.
struct Bell {
    World world;
    uint64_t notification = world.make(ObjectType::notification);
    uint64_t one = world.derive(notification, every_right, 1);
    uint64_t two = world.derive(notification, every_right, 2);
    Actor other = world.spawn();

    Notification& object() { return world.object<Notification>(notification); }
};

/// The same with the thread bound, and an endpoint for it to receive from.
struct Bound : Bell {
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t reply = world.make(ObjectType::reply);

    Bound() { REQUIRE(cap<stub::Notification>(notification).bind(cap<stub::Thread>(other.thread)).has_value()); }
};

}  // namespace

TEST_CASE("signals gather their bits, and a wait takes them all") {
    Bell bell;
    CHECK(poll(bell.notification).x0 == 0);
    CHECK(signal(bell.one).x0 == 0);
    CHECK(signal(bell.two).x0 == 0);
    CHECK(signal(bell.two).x0 == 0);
    CHECK(wait(bell.notification).x0 == 3);
    CHECK(poll(bell.notification).x0 == 0);
    signal(bell.two);
    CHECK(poll(bell.notification).x0 == 2);
}

TEST_CASE("a signal without a badge sets bit 0") {
    Bell bell;
    signal(bell.notification);
    CHECK(poll(bell.notification).x0 == 1);
}

TEST_CASE("a wait without bits waits, and the next signal is its alone") {
    Bell bell;
    const Actor third = bell.world.spawn();
    as(bell.world, bell.other, [&] { return wait(bell.notification); });
    as(bell.world, third, [&] { return wait(bell.notification); });
    CHECK(state(bell.other) == ThreadState::waiting);
    back(bell.world);
    signal(bell.two);
    CHECK(result(bell.other).x0 == 2);
    CHECK(state(third) == ThreadState::waiting);
    CHECK(bell.object().bits == 0);
    signal(bell.one);
    CHECK(result(third).x0 == 1);
}

TEST_CASE("the waiter of the highest priority is woken first, and runs at once if it outranks the signaller") {
    World world;
    const uint64_t notification = world.make(ObjectType::notification);
    const uint64_t pause = world.make(ObjectType::notification);
    const Actor low = world.spawn({.priority = 10});
    const Actor middle = world.spawn({.priority = 20});
    const Actor high = world.spawn({.priority = 30});
    wait(pause);
    REQUIRE(world.running() == high.object);
    wait(notification);
    REQUIRE(world.running() == middle.object);
    wait(notification);
    REQUIRE(world.running() == low.object);
    signal(notification);
    CHECK(world.running() == high.object);
    signal(notification);
    CHECK(world.running() == high.object);
    CHECK(state(middle) == ThreadState::ready);
}

TEST_CASE("signalling, waiting and polling ask for their rights") {
    Bell bell;
    const uint64_t read_only = bell.world.derive(bell.notification, Right::read);
    const uint64_t write_only = bell.world.derive(bell.notification, Right::write);
    const auto write_right = static_cast<uint64_t>(Right::write);
    const auto read_right = static_cast<uint64_t>(Right::read);
    check_refused(bell.world, {ErrorCode::missing_right, 0, write_right}, [&] { return signal(read_only); });
    check_refused(bell.world, {ErrorCode::missing_right, 0, read_right}, [&] { return wait(write_only); });
    check_refused(bell.world, {ErrorCode::missing_right, 0, read_right}, [&] { return poll(write_only); });
}

TEST_CASE("a signal ends the receive of the bound thread, and the tag says so") {
    Bound bound;
    as(bound.world, bound.other, [&] { return receive(bound.endpoint, bound.reply); });
    back(bound.world);
    signal(bound.two);
    CHECK(result(bound.other).x0 == 2);
    CHECK(result(bound.other).tag.signal());
    CHECK(state(bound.other) == ThreadState::ready);
    CHECK(bound.object().bits == 0);
}

TEST_CASE("a receive with a signal pending ends at once") {
    Bound bound;
    signal(bound.two);
    for (const SystemCall number : {SystemCall::receive, SystemCall::try_receive}) {
        signal(bound.one);
        const Registers got = as(bound.world, bound.other, [&] { return talk(number, bound.endpoint); });
        CHECK(got.tag.signal());
        CHECK((got.x0 & 1) == 1);
        back(bound.world);
    }
    CHECK(bound.object().bits == 0);
}

TEST_CASE("a bound thread that waits for something else is not disturbed") {
    Bound bound;
    as(bound.world, bound.other, [&] { return call(bound.endpoint); });
    back(bound.world);
    signal(bound.two);
    CHECK(state(bound.other) == ThreadState::calling);
    CHECK(bound.object().bits == 2);
}

TEST_CASE("whoever waits for a bound notification comes before the bound thread") {
    Bound bound;
    const Actor waiter = bound.world.spawn();
    as(bound.world, bound.other, [&] { return receive(bound.endpoint); });
    as(bound.world, waiter, [&] { return wait(bound.notification); });
    back(bound.world);
    signal(bound.two);
    CHECK(result(waiter).x0 == 2);
    CHECK(state(bound.other) == ThreadState::receiving_plain);
}

TEST_CASE("a signal to a passive server stays pending until a call has brought it time") {
    Bound bound;
    World& world = bound.world;
    as(world, bound.other, [&] { return receive(bound.endpoint, bound.reply); });
    back(world);
    REQUIRE(cap<stub::SchedContext>(bound.other.context).unbind().has_value());
    signal(bound.two);
    CHECK(state(bound.other) == ThreadState::receiving_passive);
    CHECK(bound.object().bits == 2);
    const Actor client = world.spawn();
    as(world, client, [&] { return call(bound.endpoint); });
    CHECK(state(client) == ThreadState::called_donating);
    // On the client's time it may look for the signal itself; after an answer it could not use it.
    as(world, bound.other, [&] { return reply_receive(bound.endpoint, bound.reply); });
    CHECK(state(bound.other) == ThreadState::receiving_passive);
    as(world, client, [&] { return call(bound.endpoint); });
    CHECK(as(world, bound.other, [&] { return poll(bound.notification); }).x0 == 2);
}

TEST_CASE("a notification is bound to one thread and a thread to one notification") {
    Bound bound;
    const uint64_t second = bound.world.make(ObjectType::notification);
    const Actor third = bound.world.spawn();
    check_refused(bound.world, {ErrorCode::already_bound, 0},
                  [&] { return cap<stub::Notification>(bound.notification).bind(cap<stub::Thread>(third.thread)); });
    check_refused(bound.world, {ErrorCode::already_bound, 1},
                  [&] { return cap<stub::Notification>(second).bind(cap<stub::Thread>(bound.other.thread)); });
    check_refused(bound.world, {ErrorCode::not_bound, 0}, [&] { return cap<stub::Notification>(second).unbind(); });
    REQUIRE(cap<stub::Notification>(bound.notification).unbind().has_value());
    CHECK(bound.other.object->bound == nullptr);
    REQUIRE(cap<stub::Notification>(second).bind(cap<stub::Thread>(bound.other.thread)).has_value());
}

TEST_CASE("binding asks for its rights and types") {
    Bell bell;
    const uint64_t write_only = bell.world.derive(bell.notification, Right::write);
    const uint64_t weak_thread = bell.world.derive(bell.other.thread, Right::read);
    const auto thread = cap<stub::Thread>(bell.other.thread);
    check_refused(bell.world, {ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::read)},
                  [&] { return cap<stub::Notification>(write_only).bind(thread); });
    check_refused(bell.world, {ErrorCode::missing_right, 0, static_cast<uint64_t>(Right::read)},
                  [&] { return cap<stub::Notification>(write_only).unbind(); });
    check_refused(bell.world, {ErrorCode::missing_right, 1, static_cast<uint64_t>(Right::write)},
                  [&] { return cap<stub::Notification>(bell.notification).bind(cap<stub::Thread>(weak_thread)); });
    check_refused(bell.world, {ErrorCode::wrong_type, 1, static_cast<uint64_t>(ObjectType::task)},
                  [&] { return cap<stub::Notification>(bell.notification).bind(cap<stub::Thread>(bell.other.task)); });
}

TEST_CASE("a notification that goes gives everyone who waits an error and leaves its thread") {
    Bound bound;
    const Actor third = bound.world.spawn();
    as(bound.world, third, [&] { return wait(bound.notification); });
    as(bound.world, bound.other, [&] { return wait(bound.notification); });
    back(bound.world);
    destroy(bound.notification);
    CHECK(error_of(third) == sel::Error{ErrorCode::cancelled});
    CHECK(error_of(bound.other) == sel::Error{ErrorCode::cancelled});
    CHECK(bound.other.object->bound == nullptr);
}

TEST_CASE("a bound thread that goes leaves its notification") {
    Bound bound;
    destroy(bound.other.thread);
    CHECK(bound.object().bound == nullptr);
    signal(bound.one);
    CHECK(poll(bound.notification).x0 == 1);
}

}  // namespace selene::test
