// SPDX-License-Identifier: BSD-2-Clause
// Answers, and the Replies that callers wait in.
#include "ipc/reply.hpp"

#include <catch2/generators/catch_generators.hpp>

#include "service.hpp"

namespace selene::test {

namespace {

constexpr Message eight_words{.words = {11, 12, 13, 14, 15, 16, 17, 18}, .length = 8, .label = 0x1234};

}  // namespace

TEST_CASE("a receiver sees whether somebody waits for its answer") {
    machine::simulated().direct_switches = GENERATE(false, true);
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const auto waits = [&] { return *cap<stub::Reply>(reply).inspect() != 0; };
    const bool sender_first = GENERATE(false, true);
    const bool calls = GENERATE(false, true);
    const Actor sender = world.spawn();
    const Actor receiver = world.spawn();
    const auto say = [&] {
        as(world, sender, [&] { return calls ? call(endpoint, eight_words) : send(endpoint, eight_words); });
    };
    if (sender_first) say();
    as(world, receiver, [&] { return receive(endpoint, reply); });
    if (!sender_first) say();
    CHECK(result(receiver).tag == (calls ? eight_words.tag() : eight_words.tag().with_sent()));
    back(world);
    CHECK(waits() == calls);
    destroy(sender.thread);
    CHECK(!waits());
    machine::simulated().direct_switches = true;
}

TEST_CASE("an answer that must arrive is refused if nobody waits for it, and the receive with it") {
    Service service;
    World& world = service.world;
    const Message answer{.words = {21}, .length = 1, .label = 3, .must_arrive = true};
    const auto answered = [&] {
        return as(world, service.server, [&] { return reply_receive(service.endpoint, service.reply, answer); });
    };
    as(world, service.client, [&] { return call(service.endpoint); });
    SECTION("somebody does") {
        answered();
        CHECK(state(service.server) == ThreadState::receiving_active);
        world.run(service.client);
        CHECK(result(service.client).tag == Message{.length = 1, .label = 3}.tag());
        return;
    }
    SECTION("the caller has died") {
        back(world);
        destroy(service.client.thread);
    }
    SECTION("it was answered before") {
        as(world, service.server, [&] { return send(service.reply); });
    }
    CHECK(error_of(answered()) == sel::Error{ErrorCode::not_bound, 2});
    CHECK(state(service.server) == ThreadState::running);
}

TEST_CASE("a passive server that meets many misfits makes way, and answers each once") {
    const unsigned preempted = GENERATE(0U, 1U);
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor server = world.spawn({.buffered = false});
    as(world, server, [&] { return receive(endpoint, reply); });
    back(world);
    REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
    const Actor first = world.spawn();
    as(world, first, [&] { return call(endpoint); });
    std::vector<Actor> misfits;
    for (unsigned i = 0; i < 40; ++i) {
        misfits.push_back(world.spawn());
        as(world, misfits.back(), [&] { return call(endpoint, {.length = abi::register_words + 1}); });
    }
    const Actor good = world.spawn();
    as(world, good, [&] { return call(endpoint, {.words = {7}, .length = 1}); });
    world.run(server);
    machine::simulated().preempt_every = preempted;
    reply_receive(endpoint, reply, {.words = {5}, .length = 1});
    unsigned repeats = 0;
    while (state(good) == ThreadState::calling) {
        // It waits on the time of one that it has refused: an ordinary loan, which can be ended at any time.
        CHECK(world.object<Reply>(reply).settled == Settled::yes);
        CHECK(world.object<Reply>(reply).caller->state() == ThreadState::called_donating);
        world.run(server);
        ++repeats;
        world.finish(*server.object);
    }
    CHECK(repeats + 1 >= preempted * misfits.size());
    machine::simulated().preempt_every = 0;
    CHECK(result(first).words[0] == 5);
    for (const Actor& misfit : misfits) {
        CHECK(error_of(misfit) == sel::Error{ErrorCode::no_buffer, 1});
        CHECK(state(misfit) == ThreadState::ready);
    }
    CHECK(state(good) == ThreadState::called_donating);
    CHECK(result(server).words[0] == 7);
    CHECK(world.object<Reply>(reply).settled == Settled::no);
}

TEST_CASE("who repeats its receive does not answer again, whoever has the Reply by then") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor server = world.spawn({.buffered = false});
    const Actor rival = world.spawn();
    const Actor first = world.spawn();
    const Actor misfit = world.spawn();
    const Actor second = world.spawn();
    as(world, server, [&] { return receive(endpoint, reply); });
    as(world, first, [&] { return call(endpoint); });
    as(world, misfit, [&] { return call(endpoint, {.length = abi::register_words + 1}); });
    as(world, second, [&] { return call(endpoint); });
    world.run(server);
    machine::simulated().preempt_every = 1;
    world.before_repeat = [&] {
        if (std::exchange(machine::simulated().preempt_every, 0) == 0) return;
        as(world, rival, [&] { return receive(endpoint, reply); });
    };
    reply_receive(endpoint, reply, {.words = {5}, .length = 1});
    CHECK(result(first).words[0] == 5);
    CHECK(error_of(misfit) == sel::Error{ErrorCode::no_buffer, 1});
    world.run(server);
    world.finish(*server.object);
    CHECK(error_of(server) == sel::Error{ErrorCode::in_use, 2});
    CHECK(state(second) == ThreadState::called_keeping);
    as(world, rival, [&] { return send(reply, {.words = {6}, .length = 1}); });
    CHECK(result(second).words[0] == 6);
}

TEST_CASE("an answer that cannot be given leaves the caller waiting and the Reply good") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor client = world.spawn({.buffered = false});
    as(world, client, [&] { return call(endpoint); });
    const Actor server = [&] {
        back(world);
        return world.spawn();
    }();
    as(world, server, [&] { return receive(endpoint, reply); });
    check_refused(world, {ErrorCode::no_buffer, 1}, [&] { return send(reply, {.length = 9}); });
    check_refused(world, {ErrorCode::no_buffer, 1}, [&] { return reply_receive(endpoint, reply, {.length = 9}); });
    CHECK(state(client) == ThreadState::called_keeping);
    CHECK(!send(reply).tag.error());
    world.run(client);
    CHECK(!error_of(client).has_value());
}

TEST_CASE("a Reply answers once") {
    Service service;
    as(service.world, service.client, [&] { return call(service.endpoint); });
    service.world.run(service.server);
    CHECK(!send(service.reply).tag.error());
    check_refused(service.world, {ErrorCode::cancelled}, [&] { return send(service.reply); });
    check_refused(service.world, {ErrorCode::cancelled}, [&] { return try_send(service.reply); });
    // For reply_receive an answered Reply is nothing to answer.
    reply_receive(service.endpoint, service.reply);
    CHECK(state(service.server) == ThreadState::receiving_active);
}

TEST_CASE("a Reply that still has a caller, or another receives with, is in use") {
    Service service;
    World& world = service.world;
    check_refused(world, {ErrorCode::in_use, 2}, [&] { return receive(service.endpoint, service.reply); });
    check_refused(world, {ErrorCode::in_use, 2}, [&] { return try_receive(service.endpoint, service.reply); });
    check_refused(world, {ErrorCode::in_use, 2}, [&] { return reply_receive(service.endpoint, service.reply); });
    as(world, service.client, [&] { return call(service.endpoint); });
    world.run(service.server);
    check_refused(world, {ErrorCode::in_use, 2}, [&] { return receive(service.endpoint, service.reply); });
    // With another Reply it goes on, and answers the first caller later.
    const uint64_t second = world.make(ObjectType::reply);
    const Actor other = world.spawn();
    as(world, other, [&] { return call(service.endpoint); });
    CHECK(as(world, service.server, [&] { return receive(service.endpoint, second); }).tag.error() == false);
    CHECK(!send(service.reply).tag.error());
    CHECK(!send(second).tag.error());
}

}  // namespace selene::test
