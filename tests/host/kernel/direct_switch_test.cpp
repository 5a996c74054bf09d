// SPDX-License-Identifier: BSD-2-Clause
// What looks like a direct switch and is none: each is done as the general way does it.
#include <catch2/generators/catch_generators.hpp>

#include "ipc/notification.hpp"
#include "object/task.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

constexpr uint64_t slice = machine::SimulatedMachine::frequency / 100;

abi::RightsMask all_but(Right right) { return abi::RightsMask(abi::all_rights & ~abi::RightsMask(right).raw()); }

sel::Error refused_for(uint64_t argument, Right missing) {
    return {ErrorCode::missing_right, argument, static_cast<uint64_t>(missing)};
}

/// Threads of one priority, an endpoint and a bell. Calls and signals come by the hot path, which has found what they name.
struct Stage {
    World world;
    uint64_t reply = world.make(ObjectType::reply);
    uint64_t endpoint = make_for_hot_path(ObjectType::endpoint);
    uint64_t bell = make_for_hot_path(ObjectType::notification);
    Actor other = world.spawn();

    /// Its space has a hardware tag, since it has run.
    Stage() {
        world.run(other);
        back(world);
    }
    uint64_t make_for_hot_path(ObjectType type) {
        while (world.next_empty() % 4 != 2) world.take_slot();
        return world.make(type);
    }

    void other_receives() {
        as(world, other, [&] { return receive(endpoint); });
        back(world);
    }
    void other_waits() {
        as(world, other, [&] { return wait(bell); });
        back(world);
    }
    void set_priority(uint64_t thread, uint8_t priority) {
        const auto authority = cap<stub::Thread>(BootSlot::thread);
        REQUIRE(cap<stub::Thread>(thread)
                    .set_priority({.priority = priority, .maximum = 255, .authority = authority})
                    .has_value());
    }
    void set_priority_of_first(uint8_t priority) { set_priority(static_cast<uint64_t>(BootSlot::thread), priority); }
    void take_time(const Actor& actor) { REQUIRE(cap<stub::SchedContext>(actor.context).unbind().has_value()); }
    void give_empty_context(const Actor& actor) {
        take_time(actor);
        const uint64_t context = world.make(ObjectType::sched_context, 4);
        REQUIRE(cap<stub::SchedContext>(context).bind(cap<stub::Thread>(actor.thread)).has_value());
    }
};

}  // namespace

TEST_CASE("whoever is woken without time waits for some") {
    Stage stage;
    stage.other_waits();
    SECTION("its context is taken away") { stage.take_time(stage.other); }
    SECTION("its context was never configured") { stage.give_empty_context(stage.other); }
    SECTION("it outranks who wakes it") {
        stage.give_empty_context(stage.other);
        stage.set_priority_of_first(200);
    }
    signal(stage.bell);
    CHECK(state(stage.other) == ThreadState::without_budget);
    CHECK(result(stage.other).x0 == 1);
    CHECK(stage.world.running() == &stage.world.first());
}

TEST_CASE("whoever goes on with a slice that is used up has the next one") {
    Stage stage;
    World& world = stage.world;
    const Actor& other = stage.other;
    // All but one tick of it.
    const auto use_up = [&] {
        world.run(other);
        world.pass(slice - 1);
    };
    SECTION("by a receive") {
        use_up();
        back(world);
        receive(stage.endpoint);
    }
    SECTION("by a wait") {
        use_up();
        back(world);
        wait(stage.bell);
    }
    SECTION("by a yield") {
        use_up();
        back(world);
        talk(SystemCall::yield, 0);
    }
    SECTION("by a call") {
        use_up();
        receive(stage.endpoint, stage.reply);
        call(stage.endpoint);
    }
    SECTION("by an answer") {
        receive(stage.endpoint, stage.reply);
        use_up();
        call(stage.endpoint);
        reply_receive(stage.endpoint, stage.reply);
    }
    SECTION("by a fault") {
        use_up();
        receive(stage.endpoint, stage.reply);
        REQUIRE(cap<stub::Task>(BootSlot::task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(stage.endpoint))
                    .has_value());
        world.fault(abi::FaultKind::page_fault);
    }
    SECTION("by a signal") {
        use_up();
        wait(stage.bell);
        stage.set_priority_of_first(200);
        signal(stage.bell);
    }
    CHECK(world.running() == other.object);
    CHECK(world.core().context == &world.object<SchedContext>(other.context));
    world.pass(slice - 1);
    CHECK(world.running() == other.object);
}

TEST_CASE("of several servers that wait the first takes a call, and the first handler a fault") {
    Stage stage;
    World& world = stage.world;
    const Actor second = world.spawn();
    const uint64_t reply = world.make(ObjectType::reply);
    as(world, stage.other, [&] { return receive(stage.endpoint, stage.reply); });
    as(world, second, [&] { return receive(stage.endpoint, reply); });
    back(world);
    SECTION("a call") { call(stage.endpoint); }
    SECTION("a fault") {
        REQUIRE(cap<stub::Task>(BootSlot::task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(stage.endpoint))
                    .has_value());
        world.fault(abi::FaultKind::page_fault);
    }
    CHECK(world.running() == stage.other.object);
    CHECK(state(second) == ThreadState::receiving_active);
}

TEST_CASE("what is sent while receivers of both kinds wait goes to the more urgent") {
    Stage stage;
    const Actor answering = stage.world.spawn();
    stage.other_receives();
    as(stage.world, answering, [&] { return receive(stage.endpoint, stage.reply); });
    back(stage.world);
    const bool first = GENERATE(false, true);
    stage.set_priority((first ? answering : stage.other).thread, 254);
    REQUIRE(!error_of(send(stage.endpoint, {.words = {7}, .length = 1})));
    const Actor& urgent = first ? stage.other : answering;
    CHECK(state(urgent) == ThreadState::ready);
    CHECK(result(urgent).words[0] == 7);
}

TEST_CASE("a capability that does not allow it is refused though a partner waits") {
    Stage stage;
    World& world = stage.world;
    SECTION("to send") {
        stage.other_receives();
        const uint64_t readable = world.derive(stage.endpoint, all_but(Right::write));
        check_refused(world, refused_for(0, Right::write), [&] { return send(readable); });
    }
    SECTION("to receive") {
        const uint64_t writable = world.derive(stage.endpoint, all_but(Right::read));
        check_refused(world, refused_for(0, Right::read), [&] { return receive(writable); });
    }
    SECTION("to receive with the Reply that is held") {
        // It holds the Reply, and nobody waits in it.
        as(world, stage.other, [&] { return receive(stage.endpoint, stage.reply); });
        back(world);
        send(stage.endpoint);
        const uint64_t unusable = world.derive(stage.reply, all_but(Right::write));
        world.run(stage.other);
        check_refused(world, refused_for(2, Right::write), [&] { return receive(stage.endpoint, unusable); });
        check_refused(world, {ErrorCode::wrong_type, 2, static_cast<uint64_t>(ObjectType::notification)},
                      [&] { return receive(stage.endpoint, stage.bell); });
    }
}

TEST_CASE("a long message without a buffer is refused though a partner waits") {
    Stage stage;
    World& world = stage.world;
    const Message longer{.length = abi::register_words + 1};
    const Actor bare = world.spawn({.buffered = false});
    SECTION("the sender's") {
        stage.other_receives();
        world.run(bare);
        check_refused(world, {ErrorCode::no_buffer, 0}, [&] { return send(stage.endpoint, longer); });
    }
    SECTION("the receiver's") {
        as(world, bare, [&] { return receive(stage.endpoint); });
        back(world);
        check_refused(world, {ErrorCode::no_buffer, 1}, [&] { return send(stage.endpoint, longer); });
    }
}

TEST_CASE("a window with a capability in it is refused though somebody else could go on") {
    Stage stage;
    World& world = stage.world;
    const auto occupy = [&] {
        constexpr auto table = static_cast<uint64_t>(BootSlot::table);
        reinterpret_cast<abi::IpcBuffer*>(world.first().buffer)->window = {.table = table, .first = table, .count = 1};
    };
    const sel::Error occupied{ErrorCode::occupied_slot, 0, 0};
    SECTION("in a receive") {
        occupy();
        check_refused(world, occupied, [&] { return receive(stage.endpoint); });
    }
    SECTION("with an answer") {
        receive(stage.endpoint, stage.reply);
        REQUIRE(world.running() == stage.other.object);
        call(stage.endpoint);
        REQUIRE(world.running() == &world.first());
        occupy();
        check_refused(world, occupied, [&] { return reply_receive(stage.endpoint, stage.reply); });
    }
}

TEST_CASE("who answers while somebody waits to send has that message next") {
    Stage stage;
    World& world = stage.world;
    const Actor sender = world.spawn();
    receive(stage.endpoint, stage.reply);
    as(world, stage.other, [&] { return call(stage.endpoint); });
    as(world, sender, [&] { return send(stage.endpoint, {.words = {7}, .length = 1}); });
    back(world);
    const Registers next = reply_receive(stage.endpoint, stage.reply);
    CHECK((next.tag.sent() && next.words[0] == 7));
    CHECK(state(stage.other) == ThreadState::ready);
    CHECK(state(sender) == ThreadState::ready);
}

TEST_CASE("a fault lends its time to who is in the middle of its work, and is not told there") {
    Stage stage;
    World& world = stage.world;
    REQUIRE(cap<stub::Task>(BootSlot::task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(stage.endpoint))
                .has_value());
    as(world, stage.other, [&] { return receive(stage.endpoint, stage.reply); });
    back(world);
    stage.take_time(stage.other);
    // Its client leaves without having run since, so that it still has its tag.
    const Actor client = world.spawn();
    world.run(client);
    call(stage.endpoint);
    back(world);
    destroy(client.thread);
    talk(SystemCall::yield, 0);
    REQUIRE(state(stage.other) == ThreadState::unfinished);
    REQUIRE(stage.other.object->task->root_hint() != 0);
    world.fault(abi::FaultKind::page_fault);
    CHECK(world.running() == stage.other.object);
    CHECK(!result(stage.other).tag.fault());
    reply_receive(stage.endpoint, stage.reply);
    CHECK(world.running() == &world.first());
}

}  // namespace selene::test
