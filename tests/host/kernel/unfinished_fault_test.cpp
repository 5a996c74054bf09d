// SPDX-License-Identifier: BSD-2-Clause
// Faults whose handler, or whose thread, is left without time: they come again.
#include <catch2/generators/catch_generators.hpp>

#include "object/task.hpp"
#include "unfinished.hpp"

namespace selene::test {

TEST_CASE("whose fault has lent a server time to finish faults again when it will not come to its next receive") {
    Left left;
    World& world = left.world;
    REQUIRE(cap<stub::Task>(left.next.task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(left.badged))
                .has_value());
    left.leave();
    world.run(left.next);
    const bool calls = GENERATE(false, true);
    world.fault(calls ? abi::FaultKind::unknown_system_call : abi::FaultKind::page_fault, 0x5000, 1);
    REQUIRE(state(left.next) == ThreadState::faulted_donating);
    const bool ends = GENERATE(false, true);
    destroy(ends ? left.server.thread : left.reply);
    CHECK(state(left.next) == ThreadState::ready);
    CHECK(left.next.object->pc == Board::entry - (calls ? machine::system_call_bytes : 0));
}

TEST_CASE("who is sent elsewhere does not make again the unknown system call that nobody answers") {
    Left left;
    World& world = left.world;
    constexpr uint64_t number_of_pc = 32;
    constexpr uint64_t elsewhere = 0x7654'3210;
    const uint64_t faults = world.make(ObjectType::endpoint);
    REQUIRE(cap<stub::Task>(left.server.task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults))
                .has_value());
    world.run(left.server);
    world.fault(abi::FaultKind::unknown_system_call, 0, 1);
    back(world);
    REQUIRE(state(left.server) == ThreadState::faulting);
    const auto sent = cap<stub::Thread>(left.server.thread);
    REQUIRE(sent.write_registers({.first = number_of_pc, .count = 1, .value0 = elsewhere}).has_value());
    left.leave();
    CHECK(state(left.server) == ThreadState::unfinished);
    CHECK(left.server.object->pc == elsewhere);
}

TEST_CASE("a server whose page fault was being mended on a client's time outlives that client") {
    // client -> server -> (fault) pager, all on the client's time.
    Left left;
    World& world = left.world;
    const Actor pager = world.spawn();
    const uint64_t faults = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    REQUIRE(cap<stub::Task>(left.server.task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults))
                .has_value());
    as(world, pager, [&] { return receive(faults, reply); });
    back(world);
    REQUIRE(cap<stub::SchedContext>(pager.context).unbind().has_value());
    world.run(left.server);
    world.fault(abi::FaultKind::page_fault, 0x5000, 1);
    back(world);
    REQUIRE(state(left.server) == ThreadState::faulted_donating);
    destroy(left.client.thread);
    for (unsigned turns = 0; turns < 16; ++turns) talk(SystemCall::yield, 0);
    CHECK(state(pager) == ThreadState::unfinished);
    CHECK(state(left.server) != ThreadState::inactive);
    // The next client gets both to their ends.
    left.next_calls();
    left.settle();
    world.run(left.server);
    world.fault(abi::FaultKind::page_fault, 0x5000, 1);
    as(world, pager, [&] { return reply_receive(faults, reply); });
    CHECK(state(left.server) == ThreadState::ready);
    world.run(left.server);
    world.fault(abi::FaultKind::page_fault, 0x5000, 1);
    CHECK(result(pager).words[0] == 0x5000);
    as(world, pager, [&] { return reply_receive(faults, reply); });
    left.check_serves_next();
}

TEST_CASE("a fault lends its handler time to finish, and is told when it comes again") {
    Left left;
    World& world = left.world;
    REQUIRE(cap<stub::Task>(left.next.task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(left.badged))
                .has_value());
    bool early = false;
    SECTION("it comes later") { left.leave(); }
    SECTION("it waits already") { early = true; }
    world.run(left.next);
    world.fault(abi::FaultKind::page_fault, 0x5000, 1);
    back(world);
    if (early) left.leave();
    CHECK(state(left.next) == ThreadState::faulted_donating);
    as(world, left.server, [&] { return reply_receive(left.endpoint, left.reply); });
    CHECK(state(left.server) == ThreadState::receiving_passive);
    world.run(left.next);
    world.fault(abi::FaultKind::page_fault, 0x5000, 1);
    CHECK(state(left.next) == ThreadState::faulted_donating);
    const Registers told = result(left.server);
    CHECK((told.x0 == Left::badge && told.tag.fault() && told.words[0] == 0x5000));
    as(world, left.server, [&] { return reply_receive(left.endpoint, left.reply); });
    CHECK(state(left.next) != ThreadState::inactive);
    world.run(left.next);
}

TEST_CASE("whose time is taken away waits with its fault for a handler with time") {
    World world;
    const Actor actor = world.spawn();
    const Actor handler = world.spawn();
    const uint64_t faults = world.make(ObjectType::endpoint);
    REQUIRE(
        cap<stub::Task>(actor.task).install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(faults)).has_value());
    world.run(actor);
    world.fault(abi::FaultKind::page_fault);
    back(world);
    const auto unbind = [&] { REQUIRE(cap<stub::SchedContext>(actor.context).unbind().has_value()); };
    SECTION("and is told before others") {
        unbind();
        CHECK(state(actor) == ThreadState::faulting_alone);
        const uint64_t reply = world.make(ObjectType::reply);
        as(world, handler, [&] { return receive(faults, reply); });
        CHECK(state(actor) == ThreadState::faulted_keeping);
        CHECK(result(handler).tag.fault());
        return;
    }
    SECTION("and faults again with the time that it is given, which it may lend") {
        unbind();
        const auto time = cap<stub::SchedContext>(actor.context);
        REQUIRE(time.bind(cap<stub::Thread>(actor.thread)).has_value());
        REQUIRE(state(actor) == ThreadState::ready);
        const uint64_t reply = world.make(ObjectType::reply);
        as(world, handler, [&] { return receive(faults, reply); });
        back(world);
        REQUIRE(cap<stub::SchedContext>(handler.context).unbind().has_value());
        world.run(actor);
        world.fault(abi::FaultKind::page_fault);
        CHECK(state(actor) == ThreadState::faulted_donating);
        CHECK(world.running() == handler.object);
        return;
    }
    SECTION("and ends if only who has no Reply is there to hear of it, already") {
        as(world, handler, [&] { return receive(faults); });
        back(world);
        unbind();
    }
    SECTION("or later") {
        unbind();
        as(world, handler, [&] { return receive(faults); });
    }
    CHECK(state(actor) == ThreadState::inactive);
    CHECK(state(handler) == ThreadState::receiving_plain);
}

}  // namespace selene::test
