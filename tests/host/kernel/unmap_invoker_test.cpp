// SPDX-License-Identifier: BSD-2-Clause
// Unmap by who is among its victims: the invoking thread, its task, its table, the slot that is being unmapped.
#include <algorithm>

#include "object/frame.hpp"
#include "object/task.hpp"
#include "unmapping.hpp"

namespace selene::test {

namespace {

constexpr std::byte others{0x5a};

std::byte* memory_of(World& world, uint64_t frame) {
    return machine::window<std::byte>(Frame(world.slot(frame)).base());
}

}  // namespace

TEST_CASE("a task that unmaps its own ancestor ends, and so does everything of its") {
    in_both_ways([](World& world) {
        const uint64_t untyped = world.make(ObjectType::untyped, 64);
        const uint64_t slots = world.take_slots(6);
        make_from(untyped, ObjectType::cap_table, 16, own, slots);
        make_from(untyped, ObjectType::task, 0, slots, 1);
        make_from(untyped, ObjectType::address_space, 0, slots, 2);
        make_from(untyped, ObjectType::thread, 0, slots, 3);
        make_from(untyped, ObjectType::sched_context, 4, slots, 4);
        make_from(untyped, ObjectType::cap_table, 4, slots, 5);
        grant(own, slots + 1, slots, 1);
        grant(own, slots + 2, slots, 2);
        grant(own, slots + 3, slots, 3);
        grant(own, slots + 4, slots, 4);
        const auto task = cap<stub::Task>(slots + 1);
        const auto thread = cap<stub::Thread>(slots + 3);
        const auto context = cap<stub::SchedContext>(slots + 4);
        REQUIRE(task.install(abi::TaskSlot::table, own_table()).has_value());
        REQUIRE(task.install(abi::TaskSlot::space, cap<stub::AddressSpace>(slots + 2)).has_value());
        REQUIRE(thread.bind_task(task).has_value());
        REQUIRE(thread.set_priority({.priority = 255, .maximum = 255, .authority = cap<stub::Thread>(BootSlot::thread)})
                    .has_value());
        REQUIRE(cap<stub::ScheduleControl>(BootSlot::schedule_control)
                    .configure({.context = context, .budget = 100'000, .period = 100'000, .refills = 0})
                    .has_value());
        REQUIRE(context.bind(thread).has_value());
        auto& hostile = world.object<Thread>(slots + 3);
        world.start({slots + 1, slots + 2, slots + 3, slots + 4, 0, &hostile});
        world.run(hostile);
        // A range, so that there would be more to do for the one that is gone.
        (void)unmap_own(untyped, descendants, 4);
        CHECK(world.running() == &world.first());
        REQUIRE(unmap_own(untyped, self).has_value());
        CHECK((world.slot(untyped).empty() && world.slot(slots + 3).empty()));
    });
}

TEST_CASE("a thread that unmaps its own task stops, with nothing half done below its own untyped") {
    in_both_ways([](World& world) {
        const Actor actor = world.spawn();
        world.run(actor);
        (void)unmap_own(actor.task, self);
        CHECK(world.running() == &world.first());
        CHECK(actor.object->state() == ThreadState::inactive);
        CHECK(actor.object->task == nullptr);
        REQUIRE(unmap_own(actor.thread, self).has_value());
    });
}

TEST_CASE("a thread whose queue of dying tables holds its own origin") {
    in_both_ways([](World& world) {
        const Actor actor = world.spawn();
        const uint64_t table = world.make(ObjectType::cap_table, 64);
        make_from(world.memory().index().raw(), ObjectType::endpoint, 0, table, 0, 40);
        grant(table, 50, own, actor.thread);
        world.run(actor);
        (void)unmap_own(table, self);
        CHECK(world.running() == &world.first());
        world.check();
    });
}

TEST_CASE("what a thread that dies has left dying is not queued in its memory") {
    constexpr uint64_t pages = 16;
    World world;
    const uint64_t home = world.make(ObjectType::untyped, pages);
    const uint64_t frames = world.take_slots(pages);
    const uint64_t untyped = world.make(ObjectType::untyped, 32);
    const uint64_t tables = world.take_slots(3);
    make_from(untyped, ObjectType::cap_table, 64, own, tables, 3);
    for (uint64_t i = 0; i < 3; ++i) make_from(untyped, ObjectType::endpoint, 0, tables + i, 0, 60);
    const Actor other = world.spawn({.memory = home});
    world.run(other);
    machine::simulated().preempt_every = 1;
    bool killed = false;
    world.before_repeat = [&] {
        if (world.running() != other.object || killed || other.object->dying_tables.alone()) return;
        killed = true;
        world.run(world.first());
        REQUIRE(unmap_own(home, descendants).has_value());
        make_from(home, ObjectType::frame, 12, own, frames, pages);
        for (uint64_t i = 0; i < pages; ++i) std::fill_n(memory_of(world, frames + i), page_bytes, others);
    };
    (void)unmap_own(untyped, descendants);
    REQUIRE(killed);
    world.run(world.first());
    REQUIRE(unmap_own(untyped, self).has_value());
    for (uint64_t i = 0; i < pages; ++i) {
        const std::byte* bytes = memory_of(world, frames + i);
        CHECK(std::all_of(bytes, bytes + page_bytes, [](std::byte byte) { return byte == others; }));
    }
}

TEST_CASE("unmapping the table of the range itself ends the range") {
    in_both_ways([](World& world) {
        const uint64_t untyped = world.make(ObjectType::untyped, 4);
        const uint64_t table = world.take_slot();
        make_from(untyped, ObjectType::cap_table, 8, own, table);
        const uint64_t reach = world.derive(table, every_right);
        grant(reach, 1, own, untyped);
        make_from(world.memory().index().raw(), ObjectType::endpoint, 0, reach, 3);
        const auto result = cap<stub::CapTable>(reach).unmap({.first = 0, .count = 8, .root = self});
        // Preempted, the call finds its own capability gone when it is repeated.
        CHECK(!result.has_value());
        CHECK(world.slot(reach).empty());
        CHECK(world.first().dying_tables.alone());
    });
}

TEST_CASE("a thread that unmaps its own table goes on without one, and the next unmap finishes what it has begun") {
    in_both_ways([](World& world) {
        const uint64_t untyped = world.make(ObjectType::untyped, 16);
        const uint64_t endpoints = world.take_slots(40);
        make_from(untyped, ObjectType::endpoint, 0, own, endpoints, 20);
        const uint64_t table = world.take_slot();
        make_from(untyped, ObjectType::cap_table, 16, own, table);
        make_from(untyped, ObjectType::endpoint, 0, own, endpoints + 20, 20);
        make_from(untyped, ObjectType::notification, 0, table, 8, 4);
        const Actor actor = world.spawn();
        const auto task = cap<stub::Task>(actor.task);
        REQUIRE(task.remove(abi::TaskSlot::table).has_value());
        REQUIRE(task.install(abi::TaskSlot::table, cap<stub::CapTable>(table)).has_value());
        constexpr uint64_t upper = 3;  // where it reaches the first task's table from
        REQUIRE(cap<stub::CapTable>(table)
                    .map({.first = upper,
                          .source = own_table(),
                          .source_first = own,
                          .count = 1,
                          .rights = every_right,
                          .badge = 0})
                    .has_value());
        const SlotSet expected = without_closure(world.kernel().tree, world.slot(untyped), self);
        world.run(actor);
        const auto done = cap<stub::CapTable>(upper).unmap({.first = untyped, .count = 1, .root = self});
        // Preempted, it finds nothing to go on with.
        if (!done) CHECK(done.error() == sel::Error{ErrorCode::no_space, 0});
        CHECK(!actor.object->task->has_flat_table());
        CHECK(actor.object->dying_tables.alone());
        world.run(world.first());
        REQUIRE(unmap_own(untyped, self).has_value());
        CHECK((all_slots(world.kernel().tree) == expected));
        CHECK(world.slot(untyped).empty());
    });
}

TEST_CASE("the very slot that is being unmapped goes with the table that it is in") {
    const abi::KeepRoot keep = GENERATE(self, descendants);
    in_both_ways([&](World& world) {
        const uint64_t parent = world.make(ObjectType::untyped, 16);
        const uint64_t untyped = world.take_slot();
        make_from(parent, ObjectType::untyped, 8, own, untyped);
        const uint64_t table = world.take_slot();
        make_from(untyped, ObjectType::cap_table, 8, own, table);
        make_from(untyped, ObjectType::endpoint, 0, own, world.take_slots(30), 30);
        const uint64_t reach = world.derive(table, every_right);
        make_from(untyped, ObjectType::reply, 0, reach, 1, 4);
        grant(reach, 6, own, untyped);
        // Whether the root is to stay is its own table's to say no more.
        const SlotSet expected = without_closure(world.kernel().tree, *world.object<CapTable>(table).slot(6), self);
        const SlotSet in_the_end = without_closure(world.kernel().tree, world.slot(parent), descendants);
        const auto done = cap<stub::CapTable>(reach).unmap({.first = 6, .count = 1, .root = keep});
        // Preempted, it may find nothing to go on with; what is left is for the next unmap above.
        if (done) CHECK((all_slots(world.kernel().tree) == expected));
        if (!done) CHECK(done.error() == sel::Error{ErrorCode::empty_slot, 0, reach});
        CHECK(world.first().dying_tables.alone());
        REQUIRE(unmap_own(parent, descendants).has_value());
        CHECK((all_slots(world.kernel().tree) == in_the_end));
        make_from(parent, ObjectType::frame, 12, own, world.take_slots(16), 16);
    });
}

TEST_CASE("what a preempted unmap has left is buried before anything else, also when nothing disturbs it any more") {
    World world;
    const uint64_t table = world.make(ObjectType::cap_table, 64);
    make_from(world.memory().index().raw(), ObjectType::endpoint, 0, table, 0, 60);
    unsigned repeats = 0;
    world.before_repeat = [&] {
        ++repeats;
        machine::simulated().preempt_every = 0;
        CHECK(!world.first().dying_tables.alone());
    };
    machine::simulated().preempt_every = 1;
    check_unmap(world, table, self);
    CHECK(repeats == 1);
}

TEST_CASE("what a preempted unmap has left is buried by its invoker's next call, whatever that is") {
    World world;
    const uint64_t table = world.make(ObjectType::cap_table, 64);
    make_from(world.memory().index().raw(), ObjectType::endpoint, 0, table, 0, 60);
    const Actor actor = world.spawn();
    // Somebody has it ask for something else, whose slot the hot path finds.
    while (world.next_empty() % 2 != 0) world.take_slot();
    const uint64_t other = world.derive(actor.thread, every_right);
    world.before_repeat = [&] {
        machine::simulated().preempt_every = 0;
        REQUIRE(!world.first().dying_tables.alone());
        world.first().registers.x[0] = other;
        world.first().registers.x[1] = Tag().with_label(static_cast<uint32_t>(abi::ThreadMethod::suspend)).raw();
    };
    machine::simulated().preempt_every = 1;
    (void)unmap_own(table, self);
    CHECK(actor.object->stopped());
    CHECK(world.first().dying_tables.alone());
}

}  // namespace selene::test
