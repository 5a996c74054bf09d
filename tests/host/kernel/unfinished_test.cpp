// SPDX-License-Identifier: BSD-2-Clause
// A passive server whose caller leaves gets to its next receive on the time of who calls next.
#include <catch2/generators/catch_generators.hpp>

#include "ipc/endpoint.hpp"
#include "object/task.hpp"
#include "unfinished.hpp"

namespace selene::test {

TEST_CASE("whoever calls next lends the time to end what nobody waits for, and is served then") {
    Left left;
    SECTION("it comes later") {
        left.leave();
        REQUIRE(state(left.server) == ThreadState::unfinished);
        left.next_calls();
    }
    SECTION("it waits already") {
        left.next_calls();
        REQUIRE(state(left.next) == ThreadState::calling);
        left.leave();
    }
    SECTION("the caller was only cancelled, by a Reply that goes and comes") {
        REQUIRE(cap<stub::SchedContext>(left.client.context).unbind().has_value());
        left.settle();
        CHECK(error_of(left.client) == sel::Error{ErrorCode::cancelled});
        left.next_calls();
    }
    SECTION("it leaves, too, and another comes") {
        left.leave();
        const Actor second = left.world.spawn();
        as(left.world, second, [&] { return call(left.endpoint); });
        back(left.world);
        CHECK(state(second) == ThreadState::called_donating);
        destroy(second.thread);
        left.settle();
        REQUIRE(state(left.server) == ThreadState::unfinished);
        left.next_calls();
    }
    SECTION("the server waits for something when its caller leaves") {
        const uint64_t bell = left.world.make(ObjectType::notification);
        as(left.world, left.server, [&] { return wait(bell); });
        back(left.world);
        left.leave();
        CHECK(state(left.server) == ThreadState::waiting);
        signal(bell);
        left.settle();
        REQUIRE(state(left.server) == ThreadState::unfinished);
        left.next_calls();
    }
    left.check_serves_next();
}

TEST_CASE("somebody else answers for a server that finishes: the caller begins anew") {
    Left left;
    left.leave();
    left.next_calls();
    REQUIRE(!send(left.reply).tag.error());
    left.settle();
    CHECK(state(left.server) == ThreadState::unfinished);
    left.world.run(left.next);
    left.world.finish(*left.next.object);
    left.check_serves_next();
}

TEST_CASE("a server that finishes may receive anew, as if nobody waited for its answer") {
    Left left;
    World& world = left.world;
    left.leave();
    left.next_calls();
    uint64_t reply = left.reply;
    SECTION("with the same Reply") {}
    SECTION("with another one") { reply = world.make(ObjectType::reply); }
    as(world, left.server, [&] { return receive(left.endpoint, reply); });
    CHECK(state(left.server) == ThreadState::receiving_passive);
    world.run(left.next);
    world.finish(*left.next.object);
    world.run(left.server);
    CHECK(result(left.server).words[0] == 1);
    left.reply = reply;
    as(world, left.server, [&] { return reply_receive(left.endpoint, left.reply, {.words = {5}, .length = 1}); });
    world.run(left.next);
    CHECK(result(left.next).words[0] == 5);
}

TEST_CASE("who has lent a server time to finish calls others when it will not come to its next receive") {
    Left left;
    World& world = left.world;
    left.leave();
    left.next_calls();
    REQUIRE(state(left.next) == ThreadState::called_donating);
    SECTION("it is destroyed") { destroy(left.server.thread); }
    SECTION("its Reply is destroyed") {
        destroy(left.reply);
        CHECK(is_bereft(left.server));
    }
    SECTION("it faults, and nobody is told") {
        world.run(left.server);
        world.fault(abi::FaultKind::page_fault);
        CHECK(state(left.server) == ThreadState::inactive);
    }
    SECTION("it faults, and its handler does not let it go on") {
        const Actor handler = world.spawn();
        const uint64_t faults = world.make(ObjectType::endpoint);
        const uint64_t reply = world.make(ObjectType::reply);
        REQUIRE(cap<stub::Task>(left.server.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults))
                    .has_value());
        as(world, handler, [&] { return receive(faults, reply); });
        world.run(left.server);
        world.fault(abi::FaultKind::page_fault);
        as(world, handler, [&] { return reply_receive(faults, reply, {.label = 1}); });
        CHECK(state(left.server) == ThreadState::inactive);
    }
    SECTION("its space is gone") {
        destroy(left.server.space);
        for (unsigned turns = 0; turns < 8 && state(left.server) == ThreadState::ready; ++turns)
            talk(SystemCall::yield, 0);
    }
    SECTION("it goes on with another Reply") {
        const uint64_t other = world.make(ObjectType::reply);
        as(world, left.server, [&] { return reply_receive(left.endpoint, other); });
        CHECK(state(left.server) == ThreadState::receiving_passive);
        world.run(left.next);
        world.finish(*left.next.object);
        world.run(left.server);
        CHECK(result(left.server).words[0] == 1);
        return;
    }
    world.run(left.next);
    world.finish(*left.next.object);
    CHECK(state(left.next) == ThreadState::calling);
    const Actor second = world.spawn();
    const uint64_t reply = world.make(ObjectType::reply);
    CHECK(as(world, second, [&] { return receive(left.endpoint, reply); }).words[2] == 3);
}

TEST_CASE("who lends a server time to finish goes on where a debugger sends it") {
    Left left;
    World& world = left.world;
    constexpr uint64_t number_of_pc = 32;
    constexpr uint64_t elsewhere = 0x7654'3210;
    left.leave();
    const auto debugged = cap<stub::Thread>(left.next.thread);
    SECTION("instead of making its call again") { left.next_calls(); }
    SECTION("instead of faulting again") {
        REQUIRE(cap<stub::Task>(left.next.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(left.badged))
                    .has_value());
        world.run(left.next);
        world.fault(abi::FaultKind::unknown_system_call, 0, 1);
        back(world);
    }
    REQUIRE(debugged.suspend().has_value());
    CHECK(debugged.read_registers(number_of_pc / abi::register_words)->value0 == left.next.object->pc);
    REQUIRE(debugged.write_registers({.first = number_of_pc, .count = 1, .value0 = elsewhere}).has_value());
    REQUIRE(debugged.resume().has_value());
    const bool served = GENERATE(false, true);
    if (served) {
        as(world, left.server, [&] { return reply_receive(left.endpoint, left.reply); });
    } else {
        destroy(left.reply);
    }
    CHECK((state(left.next) == ThreadState::ready || state(left.next) == ThreadState::running));
    CHECK(left.next.object->pc == elsewhere);
}

TEST_CASE("whoever only lends a server time to finish does not wait for its answer") {
    Left left;
    left.leave();
    left.next_calls();
    CHECK(cap<stub::Reply>(left.reply).inspect() == 0U);
    const Message answer{.must_arrive = true};
    const Registers refused =
        as(left.world, left.server, [&] { return reply_receive(left.endpoint, left.reply, answer); });
    CHECK(error_of(refused) == sel::Error{ErrorCode::not_bound, 2});
    left.check_serves_next();
}

TEST_CASE("a server that finishes may look for messages without waiting") {
    Left left;
    World& world = left.world;
    left.leave();
    left.next_calls();
    SECTION("nobody else has called: whoever lent it time does, and lends it more") {
        CHECK(error_of(as(world, left.server, [&] { return try_receive(left.endpoint, left.reply); })) ==
              sel::Error{ErrorCode::would_block});
        world.run(left.next);
        world.finish(*left.next.object);
        back(world);
        left.settle();
        left.check_serves_next();
    }
    SECTION("another has") {
        const Actor second = world.spawn();
        as(world, second, [&] { return call(left.badged, {.words = {4}, .length = 1}); });
        REQUIRE(state(second) == ThreadState::calling);
        const Registers taken = as(world, left.server, [&] { return try_receive(left.endpoint, left.reply); });
        CHECK((taken.x0 == Left::badge && taken.words[0] == 4));
        CHECK(state(second) == ThreadState::called_donating);
    }
}

TEST_CASE("a caller whose server finishes calls whoever else serves when the Reply goes") {
    Left left;
    World& world = left.world;
    left.leave();
    left.next_calls();
    destroy(left.reply);
    world.run(left.next);
    world.finish(*left.next.object);
    CHECK(state(left.next) == ThreadState::calling);
    left.settle();
    CHECK(state(left.server) == ThreadState::without_budget);
    const Actor second = world.spawn();
    const uint64_t reply = world.make(ObjectType::reply);
    CHECK(as(world, second, [&] { return receive(left.endpoint, reply); }).words[2] == 3);
}

TEST_CASE("a server that is unfinished goes on when it is given time of its own") {
    Left left;
    left.leave();
    REQUIRE(state(left.server) == ThreadState::unfinished);
    SECTION("at once") {}
    SECTION("after its endpoint is gone") { destroy(left.endpoint); }
    SECTION("after its Reply is gone") { destroy(left.reply); }
    REQUIRE(cap<stub::SchedContext>(left.server.context).bind(cap<stub::Thread>(left.server.thread)).has_value());
    CHECK(state(left.server) == ThreadState::ready);
    left.world.run(left.server);
}

TEST_CASE("a server that cannot receive any more where it did waits for time") {
    Left left;
    SECTION("its endpoint is gone") { destroy(left.endpoint); }
    SECTION("its Reply is gone") { destroy(left.reply); }
    left.leave();
    CHECK(state(left.server) == ThreadState::without_budget);
}

TEST_CASE("an unfinished server is suspended, resumed and destroyed as any other") {
    Left left;
    left.leave();
    REQUIRE(cap<stub::Thread>(left.server.thread).suspend().has_value());
    CHECK(cap<stub::Thread>(left.server.thread).inspect()->state == abi::ThreadState::unfinished);
    SECTION("and goes on when it is resumed") {
        left.next_calls();
        REQUIRE(cap<stub::Thread>(left.server.thread).resume().has_value());
        left.check_serves_next();
    }
    SECTION("and its callers wait for others") {
        destroy(left.server.thread);
        left.next_calls();
        CHECK(state(left.next) == ThreadState::calling);
    }
}

TEST_CASE("who waits to be received is cancelled when the time for it is taken home") {
    Left left;
    World& world = left.world;
    const uint64_t beyond = world.make(ObjectType::endpoint);
    SECTION("a call") {
        as(world, left.server, [&] { return call(beyond); });
        back(world);
        REQUIRE(state(left.server) == ThreadState::calling);
        left.leave();
        CHECK(error_of(left.server) == sel::Error{ErrorCode::cancelled});
        CHECK(state(left.server) == ThreadState::unfinished);
    }
    SECTION("a fault comes again with the next lender") {
        REQUIRE(cap<stub::Task>(left.server.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(beyond))
                    .has_value());
        world.run(left.server);
        const bool calls = GENERATE(false, true);
        world.fault(calls ? abi::FaultKind::unknown_system_call : abi::FaultKind::page_fault, 0x5000, 1);
        const uint64_t before = left.server.object->pc;
        back(world);
        REQUIRE(state(left.server) == ThreadState::faulting);
        left.leave();
        CHECK(state(left.server) == ThreadState::unfinished);
        CHECK(left.server.object->pc == before - (calls ? machine::system_call_bytes : 0));
        CHECK(world.object<Endpoint>(beyond).idle());
        left.next_calls();
        left.check_serves_next();
    }
}

}  // namespace selene::test
