// SPDX-License-Identifier: BSD-2-Clause
// Threads and tasks: their methods and their lives.
#include "object/cap_table.hpp"
#include "object/task.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

using abi::TaskSlot;

constexpr auto write_right = static_cast<uint64_t>(Right::write);

auto start(uint64_t thread) {
    return cap<stub::Thread>(thread).start({.pc = 0x1000,
                                            .sp = 0x2000,
                                            .argument0 = 3,
                                            .argument1 = 4,
                                            .tls = 5,
                                            .floating_point = abi::FloatingPoint::refused});
}
auto set_priority(uint64_t thread, uint64_t authority, uint8_t priority, uint8_t maximum) {
    return cap<stub::Thread>(thread).set_priority(
        {.priority = priority, .maximum = maximum, .authority = cap<stub::Thread>(authority)});
}
constexpr auto own_thread = static_cast<uint64_t>(BootSlot::thread);

}  // namespace

TEST_CASE("a thread starts with the registers it is given, once") {
    World world;
    const Actor actor = world.spawn({.started = false});
    REQUIRE(start(actor.thread).has_value());
    const Thread& thread = *actor.object;
    CHECK((thread.pc == 0x1000 && thread.sp == 0x2000 && thread.tls == 5));
    CHECK((thread.registers.x[0] == 3 && thread.registers.x[1] == 4));
    CHECK(thread.floating_point == static_cast<uint8_t>(abi::FloatingPoint::refused));
    const auto runnable = static_cast<uint64_t>(abi::ThreadState::runnable);
    check_refused(world, {ErrorCode::wrong_state, 0, runnable}, [&] { return start(actor.thread); });
    check_refused(world, {ErrorCode::wrong_state, 0, runnable}, [&] { return start(own_thread); });
}

TEST_CASE("a thread does not start without a task that has a space") {
    World world;
    const uint64_t thread = world.make(ObjectType::thread);
    const uint64_t task = world.make(ObjectType::task);
    check_refused(world, {ErrorCode::no_space, 0}, [&] { return start(thread); });
    REQUIRE(cap<stub::Thread>(thread).bind_task(cap<stub::Task>(task)).has_value());
    check_refused(world, {ErrorCode::no_space, 0}, [&] { return start(thread); });
}

TEST_CASE("a stack pointer is aligned and an address is one of 39 bits") {
    World world;
    const Actor actor = world.spawn({.started = false});
    const auto start_at = [&](uint64_t pc, uint64_t sp) {
        return [=] {
            return cap<stub::Thread>(actor.thread)
                .start({.pc = pc,
                        .sp = sp,
                        .argument0 = 0,
                        .argument1 = 0,
                        .tls = 0,
                        .floating_point = abi::FloatingPoint::refused});
        };
    };
    const uint64_t end = uint64_t{1} << abi::address_bits;
    for (const auto& wrong : {start_at(0, 8), start_at(0, end), start_at(end, 0)}) {
        const World::Snapshot before = world.snapshot();
        const auto error = error_of(wrong());
        REQUIRE(error.has_value());
        CHECK((error->is(ErrorCode::misaligned) || error->is(ErrorCode::argument_out_of_range)));
        CHECK((world.snapshot() == before));
    }
}

TEST_CASE("a thread starts without time and runs when it is given some") {
    World world;
    const Actor actor = world.spawn({.passive = true});
    CHECK(state(actor) == ThreadState::without_budget);
    const uint64_t context = world.make(ObjectType::sched_context, 2);
    REQUIRE(cap<stub::SchedContext>(context).bind(cap<stub::Thread>(actor.thread)).has_value());
    // The context has no time yet itself.
    CHECK(state(actor) == ThreadState::without_budget);
    REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                .configure({.context = cap<stub::SchedContext>(context), .budget = 1000, .period = 1000, .refills = 0})
                .has_value());
    CHECK(state(actor) == ThreadState::ready);
    world.run(actor);
}

TEST_CASE("a thread is put into a task once, and again only when that is gone") {
    World world;
    const Actor actor = world.spawn();
    const uint64_t task = world.make(ObjectType::task);
    const auto thread = cap<stub::Thread>(actor.thread);
    check_refused(world, {ErrorCode::already_bound, 0}, [&] { return thread.bind_task(cap<stub::Task>(task)); });
    destroy(actor.task);
    CHECK(state(actor) == ThreadState::inactive);
    CHECK(thread.bind_task(cap<stub::Task>(task)).has_value());
    check_refused(world, {ErrorCode::wrong_state, 0, static_cast<uint64_t>(abi::ThreadState::inactive)},
                  [&] { return start(actor.thread); });
}

TEST_CASE("an IPC buffer lies in a frame that may be written, and ends with it") {
    World world;
    const Actor actor = world.spawn({.buffered = false});
    const auto thread = cap<stub::Thread>(actor.thread);
    const uint64_t frame = world.make(ObjectType::frame, 12);
    const uint64_t read_only = world.derive(frame, Right::read);
    check_refused(world, {ErrorCode::missing_right, 1, write_right},
                  [&] { return thread.set_buffer(cap<stub::Frame>(read_only), 0); });
    check_refused(world, {ErrorCode::argument_out_of_range, 2, page_bytes - abi::ipc_buffer_bytes},
                  [&] { return thread.set_buffer(cap<stub::Frame>(frame), page_bytes); });
    check_refused(world, {ErrorCode::misaligned, 2, abi::ipc_buffer_bytes},
                  [&] { return thread.set_buffer(cap<stub::Frame>(frame), 512); });
    const uint64_t device = world.take_slot();
    REQUIRE(cap<stub::Untyped>(world.info().untypeds[world.info().untyped_count - 1].slot)
                .retype({.type = ObjectType::frame, .size = 12, .count = 1, .table = own_table(), .first = device})
                .has_value());
    check_refused(world, {ErrorCode::device_memory, 1}, [&] { return thread.set_buffer(cap<stub::Frame>(device), 0); });
    REQUIRE(thread.set_buffer(cap<stub::Frame>(frame), 3 * abi::ipc_buffer_bytes).has_value());
    check_refused(world, {ErrorCode::already_bound, 0}, [&] { return thread.set_buffer(cap<stub::Frame>(frame), 0); });
    REQUIRE(own_table().unmap({.first = frame, .count = 1, .root = abi::KeepRoot::descendants}).has_value());
    CHECK(actor.object->buffer == nullptr);
}

TEST_CASE("nobody gives more priority than the authority's maximum") {
    World world;
    const Actor actor = world.spawn();
    const Actor lesser = world.spawn({.priority = 5});
    REQUIRE(set_priority(lesser.thread, own_thread, 5, 9).has_value());
    check_refused(world, {ErrorCode::argument_out_of_range, 1, 9},
                  [&] { return set_priority(actor.thread, lesser.thread, 10, 9); });
    check_refused(world, {ErrorCode::argument_out_of_range, 2, 9},
                  [&] { return set_priority(actor.thread, lesser.thread, 9, 10); });
    const uint64_t weak = world.derive(own_thread, Right::read);
    check_refused(world, {ErrorCode::missing_right, 3, write_right},
                  [&] { return set_priority(actor.thread, weak, 1, 1); });
    REQUIRE(set_priority(actor.thread, lesser.thread, 9, 8).has_value());
    CHECK((actor.object->priority() == 9 && actor.object->maximum_priority == 8));
}

TEST_CASE("a change of priority takes effect at once") {
    World world;
    const Actor actor = world.spawn({.priority = 100});
    // Raised above the one that raises it. That cannot be more than everything; so this one lowers itself.
    REQUIRE(set_priority(own_thread, own_thread, 50, 255).has_value());
    CHECK(world.running() == actor.object);
    (void)set_priority(actor.thread, own_thread, 40, 255);
    CHECK(world.running() == &world.first());
    REQUIRE(set_priority(actor.thread, own_thread, 60, 255).has_value());
    CHECK(world.running() == actor.object);
}

TEST_CASE("suspend and resume stop and continue a thread that could run") {
    World world;
    const Actor actor = world.spawn();
    const auto thread = cap<stub::Thread>(actor.thread);
    REQUIRE(thread.suspend().has_value());
    REQUIRE(thread.suspend().has_value());
    CHECK((state(actor) == ThreadState::ready && actor.object->stopped()));
    talk(SystemCall::yield, 0);
    CHECK(world.running() == &world.first());
    REQUIRE(thread.resume().has_value());
    REQUIRE(thread.resume().has_value());
    world.run(actor);
    // By itself.
    REQUIRE(thread.suspend().has_value());
    CHECK(world.running() == &world.first());
    REQUIRE(thread.resume().has_value());
    world.run(actor);
}

TEST_CASE("suspend and resume cancel nothing that a thread waits for") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t notification = world.make(ObjectType::notification);
    const Actor actor = world.spawn();
    const auto thread = cap<stub::Thread>(actor.thread);
    const auto stopped_while = [&](const auto& waits, const auto& ends) {
        as(world, actor, waits);
        back(world);
        REQUIRE(thread.suspend().has_value());
        ends();
        CHECK((state(actor) == ThreadState::ready && actor.object->stopped()));
        CHECK(!error_of(actor).has_value());
        REQUIRE(thread.resume().has_value());
        world.run(actor);
    };
    stopped_while([&] { return wait(notification); }, [&] { signal(notification); });
    stopped_while([&] { return send(endpoint); }, [&] { receive(endpoint); });
    stopped_while([&] { return receive(endpoint); }, [&] { send(endpoint); });
}

TEST_CASE("a thread that was never started cannot be resumed") {
    World world;
    const Actor actor = world.spawn({.started = false});
    const auto thread = cap<stub::Thread>(actor.thread);
    const sel::Error refused{ErrorCode::wrong_state, 0, static_cast<uint64_t>(abi::ThreadState::inactive)};
    check_refused(world, refused, [&] { return thread.resume(); });
    REQUIRE(thread.suspend().has_value());
    check_refused(world, refused, [&] { return thread.resume(); });
    // Suspended before, it starts stopped.
    world.start(actor);
    CHECK((state(actor) == ThreadState::ready && actor.object->stopped()));
    REQUIRE(thread.resume().has_value());
    world.run(actor);
}

TEST_CASE("the thread pointer can be set at any time") {
    World world;
    const Actor actor = world.spawn();
    const uint64_t in_the_machine = machine::simulated().tls;
    REQUIRE(cap<stub::Thread>(actor.thread).set_tls(in_the_machine + 16).has_value());
    CHECK(actor.object->tls == in_the_machine + 16);
    CHECK(machine::simulated().tls == in_the_machine);
    // One's own is in the machine.
    REQUIRE(cap<stub::Thread>(BootSlot::thread).set_tls(in_the_machine + 32).has_value());
    CHECK(machine::simulated().tls == in_the_machine + 32);
}

TEST_CASE("every method of a thread asks for the right to change it") {
    World world;
    const Actor actor = world.spawn();
    const auto weak = cap<stub::Thread>(world.derive(actor.thread, Right::read));
    const uint64_t index = weak.index().raw();
    const sel::Error refused{ErrorCode::missing_right, 0, write_right};
    check_refused(world, refused, [&] { return weak.bind_task(cap<stub::Task>(actor.task)); });
    check_refused(world, refused, [&] { return weak.set_buffer(cap<stub::Frame>(actor.buffer), 0); });
    check_refused(world, refused, [&] { return set_priority(index, own_thread, 1, 1); });
    check_refused(world, refused, [&] { return start(index); });
    check_refused(world, refused, [&] { return weak.suspend(); });
    check_refused(world, refused, [&] { return weak.resume(); });
    check_refused(world, refused, [&] { return weak.set_tls(1); });
}

TEST_CASE("a task's slots take what they are for, once") {
    World world;
    const uint64_t task = world.make(ObjectType::task);
    const uint64_t table = world.make(ObjectType::cap_table, 4);
    const uint64_t space = world.make(ObjectType::address_space);
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const auto stub = cap<stub::Task>(task);
    const struct {
        TaskSlot where;
        uint64_t right;
        uint64_t wrong;
    } slots[] = {{TaskSlot::table, table, space},
                 {TaskSlot::space, space, endpoint},
                 {TaskSlot::fault_endpoint, endpoint, table}};
    for (const auto& [where, right, wrong] : slots) {
        const auto number = static_cast<uint64_t>(where);
        const auto wrong_type = static_cast<uint64_t>(object_type(world.slot(wrong).type()));
        const uint64_t weak = world.derive(right, Right::read);
        check_refused(world, {ErrorCode::empty_slot, 1, number}, [&] { return stub.remove(where); });
        check_refused(world, {ErrorCode::wrong_type, 2, wrong_type},
                      [&] { return stub.install(where, cap<stub::Capability>(wrong)); });
        check_refused(world, {ErrorCode::missing_right, 2, write_right},
                      [&] { return stub.install(where, cap<stub::Capability>(weak)); });
        const uint64_t free = world.next_empty();
        check_refused(world, {ErrorCode::empty_slot, 2, free},
                      [&] { return stub.install(where, cap<stub::Capability>(free)); });
        REQUIRE(stub.install(where, cap<stub::Capability>(right)).has_value());
        check_refused(world, {ErrorCode::occupied_slot, 1, number},
                      [&] { return stub.install(where, cap<stub::Capability>(right)); });
        REQUIRE(stub.remove(where).has_value());
        REQUIRE(stub.install(where, cap<stub::Capability>(right)).has_value());
    }
    const auto weak = cap<stub::Task>(world.derive(task, Right::read));
    check_refused(world, {ErrorCode::missing_right, 0, write_right}, [&] { return weak.remove(TaskSlot::table); });
    check_refused(world, {ErrorCode::missing_right, 0, write_right},
                  [&] { return weak.install(TaskSlot::table, cap<stub::Capability>(table)); });
}

TEST_CASE("a thread whose task loses its space stops, at once if it runs") {
    World world;
    const Actor actor = world.spawn();
    SECTION("by itself") {
        world.run(actor);
        (void)cap<stub::Task>(actor.task).remove(TaskSlot::space);
    }
    SECTION("by another, when its turn comes") {
        REQUIRE(cap<stub::Task>(actor.task).remove(TaskSlot::space).has_value());
        talk(SystemCall::yield, 0);
    }
    CHECK(world.running() == &world.first());
    CHECK(state(actor) == ThreadState::inactive);
}

TEST_CASE("a thread whose task loses its table goes on and finds nothing") {
    World world;
    const Actor actor = world.spawn();
    world.run(actor);
    const auto task = cap<stub::Task>(actor.task);
    CHECK(task.remove(TaskSlot::table).has_value());
    check_refused(world, {ErrorCode::no_space, 0}, [&] { return task.remove(TaskSlot::table); });
}

TEST_CASE("floating-point registers belong to who touches them, and change hands when another does") {
    World world;
    const Actor one = world.spawn();
    const Actor two = world.spawn();
    auto& registers = machine::simulated().fpu_registers;
    world.run(one);
    CHECK(!machine::simulated().fpu_is_on);
    world.touch_floating_point();
    CHECK(machine::simulated().fpu_is_on);
    registers[5] = 55;
    world.run(two);
    CHECK(!machine::simulated().fpu_is_on);
    world.touch_floating_point();
    CHECK(registers[5] == 0);
    registers[5] = 66;
    world.run(one);
    world.touch_floating_point();
    CHECK(registers[5] == 55);
    // Nobody else has touched them: on without a trap.
    back(world);
    world.run(one);
    CHECK(machine::simulated().fpu_is_on);
    back(world);
    destroy(one.thread);
    world.run(two);
    world.touch_floating_point();
    CHECK(registers[5] == 66);
}

TEST_CASE("nobody's floating-point registers are in the machine when their owner is gone") {
    World world;
    const Actor owner = world.spawn();
    world.run(owner);
    world.touch_floating_point();
    back(world);
    CHECK(world.core().fpu_owner == owner.object);
    destroy(owner.thread);
    CHECK(world.core().fpu_owner == nullptr);
}

}  // namespace selene::test
