// SPDX-License-Identifier: BSD-2-Clause
// Messages: who gets what from whom, and what is refused before anything has happened.
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <utility>

#include "ipc/reply.hpp"
#include "service.hpp"

namespace selene::test {

namespace {

constexpr Message eight_words{.words = {11, 12, 13, 14, 15, 16, 17, 18}, .length = 8, .label = 0x1234};
constexpr auto write_right = static_cast<uint64_t>(Right::write);
constexpr auto read_right = static_cast<uint64_t>(Right::read);

}  // namespace

TEST_CASE("a call carries eight words, label and badge, and its answer comes back") {
    // By the number of its slot a call finds its way into the kernel.
    const uint64_t way = GENERATE(0, 1, 2, 3);
    for (const bool passive : {false, true}) {
        Service service({.passive = passive});
        uint64_t badged = service.badged;
        while (badged % 4 != way) badged = service.world.derive(service.endpoint, every_right, 77);
        as(service.world, service.client, [&] { return call(badged, eight_words); });
        CHECK(service.world.object<Reply>(service.reply).caller == service.client.object);
        CHECK(state(service.client) == (passive ? ThreadState::called_donating : ThreadState::called_keeping));
        service.world.run(service.server);
        const Registers got = result(service.server);
        CHECK(got.x0 == 77);
        CHECK(got.tag.raw() == eight_words.tag().raw());
        CHECK(got.words == eight_words.words);
        reply_receive(service.endpoint, service.reply, {.words = {21, 22}, .length = 2, .label = 5});
        CHECK(state(service.server) == (passive ? ThreadState::receiving_passive : ThreadState::receiving_active));
        service.world.run(service.client);
        const Registers answer = result(service.client);
        CHECK(answer.x0 == 0);
        CHECK(answer.tag.raw() == Message{.length = 2, .label = 5}.tag().raw());
        CHECK(answer.words == std::array<uint64_t, 8>{21, 22});
    }
}

TEST_CASE("a call that comes first waits for its server") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor client = world.spawn();
    as(world, client, [&] { return call(endpoint, eight_words); });
    CHECK(state(client) == ThreadState::calling);
    back(world);
    const Registers got = receive(endpoint, reply);
    CHECK(got.words == eight_words.words);
    CHECK(state(client) == ThreadState::called_keeping);
    CHECK(!talk(SystemCall::send, reply, {.words = {9}, .length = 1}).tag.error());
    world.run(client);
    CHECK(result(client).words[0] == 9);
}

TEST_CASE("a send goes to whoever receives, at once or later, and wants no answer") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t badged = world.derive(endpoint, every_right, 5);
    const Actor other = world.spawn();
    as(world, other, [&] { return receive(endpoint); });
    CHECK(state(other) == ThreadState::receiving_plain);
    back(world);
    const Registers sent = send(badged, eight_words);
    CHECK((sent.x0 == 0 && sent.tag.raw() == 0));
    CHECK((result(other).x0 == 5 && result(other).words == eight_words.words));
    // The other way round.
    as(world, other, [&] { return send(badged, eight_words); });
    CHECK(state(other) == ThreadState::sending);
    back(world);
    const Registers got = receive(endpoint);
    CHECK((got.x0 == 5 && got.words == eight_words.words));
    world.run(other);
    CHECK((result(other).x0 == 0 && result(other).tag.raw() == 0));
}

TEST_CASE("the impatient forms refuse instead of waiting, and do what the others do if a partner waits") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor other = world.spawn();
    check_refused(world, {ErrorCode::would_block}, [&] { return try_send(endpoint, eight_words); });
    check_refused(world, {ErrorCode::would_block}, [&] { return try_receive(endpoint, reply); });
    check_refused(world, {ErrorCode::would_block}, [&] { return try_receive(endpoint); });
    as(world, other, [&] { return receive(endpoint, reply); });
    back(world);
    CHECK(!try_send(endpoint, eight_words).tag.error());
    CHECK(result(other).words == eight_words.words);
    as(world, other, [&] { return call(endpoint, eight_words); });
    back(world);
    // Without a Reply a call is not taken.
    check_refused(world, {ErrorCode::would_block}, [&] { return try_receive(endpoint); });
    CHECK(try_receive(endpoint, reply).words == eight_words.words);
}

TEST_CASE("each form asks for its right") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const uint64_t read_only = world.derive(endpoint, Right::read);
    const uint64_t write_only = world.derive(endpoint, Right::write);
    const uint64_t weak_reply = world.derive(reply, Right::read);
    const auto refused = [&](uint64_t argument, uint64_t missing, const auto& action) {
        check_refused(world, {ErrorCode::missing_right, argument, missing}, action);
    };
    refused(0, write_right, [&] { return call(read_only); });
    refused(0, write_right, [&] { return send(read_only); });
    refused(0, write_right, [&] { return try_send(read_only); });
    refused(0, static_cast<uint64_t>(Right::reply), [&] { return call(write_only); });
    refused(0, read_right, [&] { return receive(write_only, reply); });
    refused(0, read_right, [&] { return try_receive(write_only, reply); });
    refused(0, read_right, [&] { return reply_receive(write_only, reply); });
    refused(2, write_right, [&] { return receive(endpoint, weak_reply); });
    refused(2, write_right, [&] { return reply_receive(endpoint, weak_reply); });
    refused(0, write_right, [&] { return send(weak_reply); });
}

TEST_CASE("the Reply argument must be one, and is needed where nothing else could be received") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t free = world.take_slot();
    const uint64_t count = world.table().count();
    const auto endpoint_type = static_cast<uint64_t>(ObjectType::endpoint);
    for (const SystemCall number : {SystemCall::receive, SystemCall::try_receive, SystemCall::reply_receive}) {
        check_refused(world, {ErrorCode::empty_slot, 2, free}, [&] { return talk(number, endpoint, {}, free); });
        check_refused(world, {ErrorCode::wrong_type, 2, endpoint_type},
                      [&] { return talk(number, endpoint, {}, endpoint); });
        check_refused(world, {ErrorCode::index_out_of_range, 2, count},
                      [&] { return talk(number, endpoint, {}, count); });
    }
    check_refused(world, {ErrorCode::no_reply, 2}, [&] { return reply_receive(endpoint, no_reply); });
}

TEST_CASE("a receive and a notification refuse what is neither") {
    World world;
    const uint64_t task = world.make(ObjectType::task);
    const auto task_type = static_cast<uint64_t>(ObjectType::task);
    for (const SystemCall number :
         {SystemCall::receive, SystemCall::try_receive, SystemCall::reply_receive, SystemCall::send,
          SystemCall::try_send, SystemCall::wait, SystemCall::poll, SystemCall::signal}) {
        check_refused(world, {ErrorCode::wrong_type, 0, task_type}, [&] { return talk(number, task); });
        const uint64_t free = world.next_empty();
        check_refused(world, {ErrorCode::empty_slot, 0, free}, [&] { return talk(number, free); });
    }
}

TEST_CASE("a tag with bits that are not the user's, or with more than fits, is refused") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const auto with_tag = [&](SystemCall number, uint64_t raw) {
        return [=] { return sel::simulated_system_call(number, {.x0 = endpoint, .tag = Tag(raw)}); };
    };
    for (const SystemCall number : {SystemCall::call, SystemCall::send, SystemCall::try_send}) {
        for (const uint64_t bit : {10, 28, 29, 30, 31}) {
            check_refused(world, {ErrorCode::invalid_tag, uint64_t{1} << bit}, with_tag(number, uint64_t{1} << bit));
        }
        const uint64_t five_items = Message{.items = 5}.tag().raw();
        check_refused(world, {ErrorCode::invalid_tag, five_items}, with_tag(number, five_items));
        check_refused(world, {ErrorCode::message_too_long, 121, 120}, with_tag(number, 121));
    }
}

TEST_CASE("a method call refuses the kernel's bits in its tag, too") {
    World world;
    const uint64_t bit = uint64_t{1} << 29;
    check_refused(world, {ErrorCode::invalid_tag, bit}, [&] {
        return sel::simulated_system_call(SystemCall::call,
                                          {.x0 = static_cast<uint64_t>(BootSlot::task), .tag = Tag(bit)});
    });
}

TEST_CASE("up to 120 words travel by the buffers") {
    Service service;
    abi::IpcBuffer& from = buffer_of(service.client);
    abi::IpcBuffer& to = buffer_of(service.server);
    for (const unsigned length : {0U, 8U, 9U, 119U, 120U}) {
        for (unsigned i = 0; i < std::size(from.words); ++i) from.words[i] = 1000 + i;
        std::ranges::fill(to.words, 0);
        as(service.world, service.client, [&] { return call(service.endpoint, {.length = length}); });
        service.world.run(service.server);
        for (unsigned i = 0; i < std::size(to.words); ++i) CHECK(to.words[i] == (i + 8 < length ? 1000 + i : 0));
        // The answer takes the same way back.
        if (length > 8) to.words[0] = 5;
        reply_receive(service.endpoint, service.reply, {.length = length});
        service.world.run(service.client);
        CHECK(from.words[0] == (length > 8 ? 5 : 1000));
    }
}

TEST_CASE("a long message without a buffer on either side is refused, never cut short") {
    Service service({.buffered = false});
    service.world.run(service.client);
    check_refused(service.world, {ErrorCode::no_buffer, 1}, [&] { return call(service.endpoint, {.length = 9}); });
    CHECK(state(service.server) == ThreadState::receiving_active);
    const Actor bare = service.world.spawn({.buffered = false});
    service.world.run(bare);
    for (const SystemCall number : {SystemCall::call, SystemCall::send, SystemCall::try_send}) {
        check_refused(service.world, {ErrorCode::no_buffer, 0},
                      [&] { return talk(number, service.endpoint, {.length = 9}); });
        check_refused(service.world, {ErrorCode::no_buffer, 0},
                      [&] { return talk(number, service.endpoint, {.items = 1}); });
    }
}

TEST_CASE("a queued message that its receiver cannot take is the sender's error, and the next one is taken") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor bare = world.spawn({.buffered = false});
    const Actor longer = world.spawn();
    const Actor sender = world.spawn();
    const Actor client = world.spawn();
    as(world, longer, [&] { return call(endpoint, {.length = 100}); });
    as(world, sender, [&] { return send(endpoint, {.length = 100}); });
    as(world, client, [&] { return call(endpoint, {.words = {3}, .length = 1}); });
    as(world, bare, [&] { return receive(endpoint, reply); });
    CHECK(result(bare).words[0] == 3);
    CHECK(error_of(longer) == sel::Error{ErrorCode::no_buffer, 1});
    CHECK(state(client) == ThreadState::called_keeping);
    as(world, bare, [&] { return receive(endpoint); });
    CHECK(state(bare) == ThreadState::receiving_plain);
    CHECK(error_of(sender) == sel::Error{ErrorCode::no_buffer, 1});
}

TEST_CASE("a stopped server does not run, whose floating-point registers ever are in the machine") {
    World world;
    const uint64_t one_of_two = world.make(ObjectType::endpoint);
    const uint64_t other_of_two = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor server = world.spawn();
    const Actor client = world.spawn();
    // Of these, one is called by way of what a hot path finds.
    for (const uint64_t endpoint : {one_of_two, other_of_two}) {
        as(world, server, [&] { return receive(endpoint, reply); });
        world.run(client);
        world.touch_floating_point();
        REQUIRE(cap<stub::Thread>(server.thread).suspend().has_value());
        call(endpoint);
        CHECK(server.object->stopped());
        CHECK(state(server) == ThreadState::ready);
        CHECK(state(client) == ThreadState::called_keeping);
        back(world);
        REQUIRE(cap<stub::Thread>(server.thread).resume().has_value());
        as(world, server, [&] { return send(reply); });
    }
}

TEST_CASE("a call passes by a receiver without a Reply, and waits for one with") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const Actor plain = world.spawn();
    as(world, plain, [&] { return receive(endpoint); });
    back(world);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor caller = world.spawn();
    const Actor server = world.spawn();
    as(world, caller, [&] { return call(endpoint); });
    CHECK(state(caller) == ThreadState::calling);
    CHECK(state(plain) == ThreadState::receiving_plain);
    as(world, server, [&] { return receive(endpoint, reply); });
    CHECK(state(caller) == ThreadState::called_keeping);
}

TEST_CASE("the thread that is called runs at once if nothing outranks it, on the caller's time") {
    Service service({.passive = true});
    World& world = service.world;
    world.run(service.client);
    SchedContext* lent = world.core().context;
    call(service.endpoint);
    world.run(service.server);
    CHECK(world.core().context == lent);
    reply_receive(service.endpoint, service.reply);
    world.run(service.client);
    CHECK(world.core().context == lent);
}

}  // namespace selene::test
