// SPDX-License-Identifier: BSD-2-Clause
// A thread's registers, read and written by others.
#include "talk.hpp"

namespace selene::test {

namespace {

constexpr uint64_t sp = 31;
constexpr uint64_t pc = 32;
constexpr uint64_t tls = 33;
constexpr uint64_t pstate = 34;

sel::Result<void> write(const Actor& actor, uint64_t first, std::initializer_list<uint64_t> values) {
    uint64_t words[5]{};
    std::copy(values.begin(), values.end(), words);
    return cap<stub::Thread>(actor.thread)
        .write_registers({.first = first,
                          .count = values.size(),
                          .value0 = words[0],
                          .value1 = words[1],
                          .value2 = words[2],
                          .value3 = words[3],
                          .value4 = words[4]});
}

uint64_t read(const Actor& actor, uint64_t number) {
    const auto group = cap<stub::Thread>(actor.thread).read_registers(number / 8);
    REQUIRE(group.has_value());
    const uint64_t words[] = {group->value0, group->value1, group->value2, group->value3,
                              group->value4, group->value5, group->value6, group->value7};
    return words[number % 8];
}

void suspend(const Actor& actor) { REQUIRE(cap<stub::Thread>(actor.thread).suspend().has_value()); }

}  // namespace

TEST_CASE("every register of a stopped thread can be written and read back") {
    World world;
    const Actor actor = world.spawn();
    suspend(actor);
    for (uint64_t number = 0; number < abi::thread_registers; ++number) {
        if (number != pstate) REQUIRE(write(actor, number, {1000 + number}).has_value());
    }
    for (uint64_t number = 0; number < abi::thread_registers; ++number) {
        if (number != pstate) CHECK(read(actor, number) == 1000 + number);
    }
    REQUIRE(write(actor, 5, {1, 2, 3, 4, 5}).has_value());
    for (uint64_t number = 5; number < 10; ++number) CHECK(read(actor, number) == number - 4);
    CHECK((read(actor, 4) == 1004 && read(actor, 10) == 1010));
    for (uint64_t number = abi::thread_registers; number < 40; ++number) CHECK(read(actor, number) == 0);
    // It goes on with all of them.
    CHECK(actor.object->resume == ResumeKind::all);
    CHECK((actor.object->registers.x[18] == 1018 && actor.object->preserved[11] == 1030));
    CHECK((actor.object->sp == 1000 + sp && actor.object->pc == 1000 + pc && actor.object->tls == 1000 + tls));
}

TEST_CASE("of the processor state only the flags can be written") {
    World world;
    const Actor actor = world.spawn();
    suspend(actor);
    REQUIRE(write(actor, pstate, {~uint64_t{0}}).has_value());
    CHECK(read(actor, pstate) == machine::user_pstate_with_flags(~uint64_t{0}));
    CHECK(machine::user_pstate_with_flags(0) == machine::user_pstate);
}

TEST_CASE("what a system call has destroyed reads as zero, and stays zero when others are written") {
    World world;
    const Actor actor = world.spawn();
    world.run(actor);
    for (const unsigned number : {10, 18}) actor.object->registers.x[number] = 0xdead;
    REQUIRE(cap<stub::Thread>(actor.thread).suspend().has_value());
    REQUIRE(world.running() == &world.first());
    CHECK((read(actor, 10) == 0 && read(actor, 18) == 0));
    CHECK(read(actor, pstate) == machine::user_pstate);
    CHECK(actor.object->resume == ResumeKind::message);
    REQUIRE(write(actor, 3, {33}).has_value());
    CHECK((read(actor, 3) == 33 && read(actor, 10) == 0 && read(actor, 18) == 0));
}

TEST_CASE("a thread that may run has registers of its own") {
    World world;
    const Actor actor = world.spawn();
    const auto runnable = static_cast<uint64_t>(abi::ThreadState::runnable);
    check_refused(world, {ErrorCode::wrong_state, 0, runnable}, [&] { return write(actor, 0, {1}); });
    check_refused(world, {ErrorCode::wrong_state, 0, runnable},
                  [&] { return cap<stub::Thread>(actor.thread).read_registers(0); });
    const auto own = cap<stub::Thread>(BootSlot::thread);
    check_refused(world, {ErrorCode::wrong_state, 0, runnable}, [&] { return own.read_registers(0); });
}

TEST_CASE("the message of a thread that waits is the kernel's") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const Actor actor = world.spawn();
    as(world, actor, [&] { return receive(endpoint); });
    back(world);
    const auto receiving = static_cast<uint64_t>(abi::ThreadState::receiving);
    check_refused(world, {ErrorCode::wrong_state, 0, receiving}, [&] { return write(actor, 20, {1}); });
    suspend(actor);
    check_refused(world, {ErrorCode::wrong_state, 0, receiving}, [&] { return write(actor, 18, {1, 2}); });
    check_refused(world, {ErrorCode::wrong_state, 0, receiving}, [&] { return write(actor, pstate, {0}); });
    REQUIRE(write(actor, 20, {42}).has_value());
    REQUIRE(write(actor, pc, {0x4000}).has_value());
    CHECK((read(actor, 20) == 42 && read(actor, pc) == 0x4000));
    // The message comes as if nothing had happened.
    send(endpoint, {.words = {7}, .length = 1});
    REQUIRE(cap<stub::Thread>(actor.thread).resume().has_value());
    CHECK(result(actor).words[0] == 7);
    CHECK(actor.object->resume == ResumeKind::message);
    CHECK(actor.object->preserved[1] == 42);
}

TEST_CASE("in whatever call a stopped thread waits, what is not its message can be written") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t served = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const uint64_t notification = world.make(ObjectType::notification);
    const Actor server = world.spawn();
    as(world, server, [&] { return receive(served, reply); });
    back(world);
    const std::function<Registers()> waits[] = {
        [&] { return send(endpoint); },
        [&] { return call(endpoint); },
        [&] { return call(served); },
        [&] { return wait(notification); },
    };
    for (const auto& waiting : waits) {
        const Actor actor = world.spawn();
        as(world, actor, waiting);
        back(world);
        const auto told = static_cast<uint64_t>(cap<stub::Thread>(actor.thread).inspect()->state);
        check_refused(world, {ErrorCode::wrong_state, 0, told},
                      [&] { return cap<stub::Thread>(actor.thread).read_registers(0); });
        suspend(actor);
        check_refused(world, {ErrorCode::wrong_state, 0, told}, [&] { return write(actor, 2, {1}); });
        REQUIRE(write(actor, 19, {1, 2, 3, 4, 5}).has_value());
        CHECK((read(actor, 19) == 1 && read(actor, 23) == 5));
    }
}

TEST_CASE("no register beyond the last can be written") {
    World world;
    const Actor actor = world.spawn();
    suspend(actor);
    check_refused(world, {ErrorCode::argument_out_of_range, 2, 1}, [&] { return write(actor, pstate, {1, 2}); });
    check_refused(world, {ErrorCode::argument_out_of_range, 2, 4}, [&] { return write(actor, sp, {1, 2, 3, 4, 5}); });
}

TEST_CASE("a fault's handler may send the thread elsewhere") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const Actor actor = world.spawn();
    const Actor handler = world.spawn();
    REQUIRE(
        cap<stub::Task>(actor.task).install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(endpoint)).has_value());
    as(world, handler, [&] { return receive(endpoint, reply); });
    world.run(actor);
    world.fault(abi::FaultKind::user_exception, 0, 1);
    world.run(handler);
    CHECK(read(actor, pc) == actor.object->pc);
    REQUIRE(write(actor, pc, {0x7000}).has_value());
    REQUIRE(write(actor, 0, {1, 2}).has_value());
    send(reply);
    CHECK((state(actor) == ThreadState::ready && actor.object->pc == 0x7000 && actor.object->registers.x[1] == 2));
}

TEST_CASE("a thread that a fault has ended can be sent elsewhere and resumed") {
    World world;
    const Actor actor = world.spawn();
    const auto thread = cap<stub::Thread>(actor.thread);
    world.run(actor);
    world.fault(abi::FaultKind::page_fault, 0x1234, 1);
    REQUIRE(state(actor) == ThreadState::inactive);
    REQUIRE(write(actor, pc, {0x5000}).has_value());
    REQUIRE(thread.resume().has_value());
    CHECK((state(actor) == ThreadState::ready && actor.object->pc == 0x5000));
    world.run(actor);
    CHECK(world.running() == actor.object);
}

TEST_CASE("a thread without a space to go on in is not resumed") {
    World world;
    const Actor actor = world.spawn();
    world.run(actor);
    REQUIRE(cap<stub::Task>(actor.task).remove(abi::TaskSlot::space).has_value());
    REQUIRE(state(actor) == ThreadState::inactive);
    check_refused(world, {ErrorCode::no_space, 0}, [&] { return cap<stub::Thread>(actor.thread).resume(); });
    REQUIRE(
        cap<stub::Task>(actor.task).install(abi::TaskSlot::space, cap<stub::AddressSpace>(actor.space)).has_value());
    REQUIRE(cap<stub::Thread>(actor.thread).resume().has_value());
    world.run(actor);
}

}  // namespace selene::test
