// SPDX-License-Identifier: BSD-2-Clause
// Faults: what the handler is told, and what its answer does.
#include "ipc/reply.hpp"
#include "object/task.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

using abi::FaultKind;

/// A thread whose task has a fault endpoint with a badge, and a handler, not yet receiving.
struct Guarded {
    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t badged = world.derive(endpoint, every_right, 9);
    uint64_t reply = world.make(ObjectType::reply);
    Actor thread = world.spawn();
    Actor handler = world.spawn();

    Guarded() { REQUIRE(task().install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(badged)).has_value()); }

    stub::Task task() const { return cap<stub::Task>(thread.task); }
    void handle() {
        as(world, handler, [&] { return receive(endpoint, reply); });
    }
    void faults(FaultKind kind, uint64_t address = 0, uint64_t syndrome = 0) {
        world.run(thread);
        world.fault(kind, address, syndrome);
    }
};

}  // namespace

TEST_CASE("a fault becomes a message with the fault's kind, words and badge") {
    const struct {
        FaultKind kind;
        std::array<uint64_t, 4> words;
    } faults[] = {
        {FaultKind::page_fault, {0x1234, 1, Board::entry, 1}},
        {FaultKind::unknown_system_call, {1, Board::entry, 0, 0}},
        {FaultKind::user_exception, {1, Board::entry, 0x1234, 0}},
        {FaultKind::timeout, {0x1234, 1, 0, 0}},
    };
    for (const auto& [kind, words] : faults) {
        for (const bool handler_waits : {true, false}) {
            Guarded guarded;
            if (handler_waits) guarded.handle();
            guarded.faults(kind, 0x1234, 1);
            CHECK(state(guarded.thread) == (handler_waits ? ThreadState::faulted_keeping : ThreadState::faulting));
            if (!handler_waits) guarded.handle();
            guarded.world.run(guarded.handler);
            const Registers got = result(guarded.handler);
            CHECK(got.x0 == 9);
            CHECK(got.tag.fault());
            CHECK(got.tag.label() == static_cast<uint32_t>(kind));
            CHECK(got.tag.length() == 4);
            CHECK(std::equal(words.begin(), words.end(), got.words.begin()));
            CHECK((got.words[4] | got.words[5] | got.words[6] | got.words[7]) == 0);
        }
    }
}

TEST_CASE("an answer with label 0 lets the thread go on with all its registers") {
    Guarded guarded;
    guarded.handle();
    guarded.world.run(guarded.thread);
    for (unsigned i = 0; i < 19; ++i) guarded.thread.object->registers.x[i] = 100 + i;
    guarded.world.fault(FaultKind::page_fault, 0x1000, 0);
    as(guarded.world, guarded.handler,
       [&] { return reply_receive(guarded.endpoint, guarded.reply, {.words = {1, 2, 3}, .length = 3}); });
    CHECK(state(guarded.handler) == ThreadState::receiving_active);
    CHECK(state(guarded.thread) == ThreadState::ready);
    CHECK(guarded.thread.object->resume == ResumeKind::all);
    for (unsigned i = 0; i < 19; ++i) CHECK(guarded.thread.object->registers.x[i] == 100 + i);
    CHECK(guarded.thread.object->pc == Board::entry);
}

TEST_CASE("an answer with another label stops the thread") {
    Guarded guarded;
    guarded.handle();
    guarded.faults(FaultKind::user_exception);
    as(guarded.world, guarded.handler, [&] { return send(guarded.reply, {.label = 1}); });
    CHECK(!error_of(guarded.handler).has_value());
    CHECK(state(guarded.thread) == ThreadState::inactive);
    CHECK(guarded.world.object<Reply>(guarded.reply).caller == nullptr);
}

TEST_CASE("an answer to a fault moves no capability and asks for no buffer of the faulted thread") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor bare = world.spawn({.buffered = false});
    REQUIRE(
        cap<stub::Task>(bare.task).install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(endpoint)).has_value());
    const Actor handler = world.spawn();
    as(world, handler, [&] { return receive(endpoint, reply); });
    world.run(bare);
    world.fault(FaultKind::page_fault);
    as(world, handler, [&] { return send(reply, {.length = 100}); });
    CHECK(!error_of(handler).has_value());
    CHECK(state(bare) == ThreadState::ready);
}

TEST_CASE("a thread without a handler stops, and gives back what it runs on") {
    World world;
    const Actor thread = world.spawn();
    world.run(thread);
    world.fault(FaultKind::page_fault);
    CHECK(state(thread) == ThreadState::inactive);
    CHECK(world.running() == &world.first());
    SECTION("and the budget is its client's again") {
        const uint64_t endpoint = world.make(ObjectType::endpoint);
        const uint64_t reply = world.make(ObjectType::reply);
        const Actor server = world.spawn();
        const Actor client = world.spawn();
        as(world, server, [&] { return receive(endpoint, reply); });
        back(world);
        REQUIRE(cap<stub::SchedContext>(server.context).unbind().has_value());
        as(world, client, [&] { return call(endpoint); });
        world.run(server);
        world.fault(FaultKind::page_fault);
        CHECK(state(server) == ThreadState::inactive);
        CHECK(state(client) == ThreadState::called_keeping);
        CHECK(client.object->context == &world.object<SchedContext>(client.context));
    }
}

TEST_CASE("a fault endpoint without the right to send is none") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t deaf = world.derive(endpoint, Right::read);
    const Actor thread = world.spawn();
    check_refused(world, {ErrorCode::missing_right, 2, static_cast<uint64_t>(Right::write)}, [&] {
        return cap<stub::Task>(thread.task).install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(deaf));
    });
}

TEST_CASE("a passive handler runs on the faulted thread's time") {
    Guarded guarded;
    World& world = guarded.world;
    guarded.handle();
    back(world);
    REQUIRE(cap<stub::SchedContext>(guarded.handler.context).unbind().has_value());
    guarded.faults(FaultKind::page_fault);
    CHECK(state(guarded.thread) == ThreadState::faulted_donating);
    world.run(guarded.handler);
    CHECK(world.core().context == &world.object<SchedContext>(guarded.thread.context));
    SECTION("and gives it back with its answer") {
        reply_receive(guarded.endpoint, guarded.reply);
        world.run(guarded.thread);
        CHECK(world.core().context == &world.object<SchedContext>(guarded.thread.context));
    }
    SECTION("or when it dies") {
        back(world);
        destroy(guarded.handler.thread);
        CHECK(state(guarded.thread) == ThreadState::faulted_keeping);
        CHECK(!send(guarded.reply).tag.error());
        CHECK(state(guarded.thread) == ThreadState::ready);
    }
    SECTION("or when the faulted thread dies") {
        back(world);
        destroy(guarded.thread.thread);
        CHECK(is_bereft(guarded.handler));
    }
    SECTION("or when the Reply goes: the thread has no handler then") {
        back(world);
        destroy(guarded.reply);
        CHECK(state(guarded.thread) == ThreadState::inactive);
        CHECK(is_bereft(guarded.handler));
    }
}

TEST_CASE("a fault that waits for its handler is lost with the endpoint") {
    Guarded guarded;
    guarded.faults(FaultKind::page_fault);
    back(guarded.world);
    destroy(guarded.endpoint);
    CHECK(state(guarded.thread) == ThreadState::inactive);
    CHECK(guarded.world.object<Task>(guarded.thread.task).fault_slot.empty());
}

TEST_CASE("a fault in a chain of calls lends what was lent") {
    Guarded guarded;
    World& world = guarded.world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor client = world.spawn();
    as(world, guarded.thread, [&] { return receive(endpoint, reply); });
    guarded.handle();
    back(world);
    for (const Actor* actor : {&guarded.thread, &guarded.handler})
        REQUIRE(cap<stub::SchedContext>(actor->context).unbind().has_value());
    as(world, client, [&] { return call(endpoint); });
    guarded.faults(FaultKind::page_fault);
    world.run(guarded.handler);
    CHECK(world.core().context == &world.object<SchedContext>(client.context));
    back(world);
    destroy(client.thread);
    CHECK(is_bereft(guarded.handler));
    CHECK(world.object<Reply>(reply).caller == nullptr);
}

TEST_CASE("a suspended faulted thread stays stopped after its answer") {
    Guarded guarded;
    guarded.handle();
    guarded.faults(FaultKind::page_fault);
    back(guarded.world);
    REQUIRE(cap<stub::Thread>(guarded.thread.thread).suspend().has_value());
    as(guarded.world, guarded.handler, [&] { return send(guarded.reply); });
    CHECK((state(guarded.thread) == ThreadState::ready && guarded.thread.object->stopped()));
}

TEST_CASE("floating point that a thread was not given is a fault") {
    World world;
    const Actor thread = world.spawn({.started = false});
    REQUIRE(cap<stub::Thread>(thread.thread)
                .start({.pc = Board::entry,
                        .sp = 0,
                        .argument0 = 0,
                        .argument1 = 0,
                        .tls = 0,
                        .floating_point = abi::FloatingPoint::refused})
                .has_value());
    world.run(thread);
    world.touch_floating_point();
    CHECK(state(thread) == ThreadState::inactive);
}

}  // namespace selene::test
