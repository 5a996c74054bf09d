// SPDX-License-Identifier: BSD-2-Clause
// Making objects and threads in a world, by system calls of the thread that runs.
#include <catch2/catch_test_macros.hpp>

#include "object/cap_table.hpp"
#include "world.hpp"

namespace selene::test {

namespace {

constexpr uint64_t user_stack = 0x7000'0000;

}  // namespace

stub::Untyped World::memory() const {
    // The large range's rest is the one listed last before the devices.
    for (uint64_t i = info_->untyped_count; i-- > 0;) {
        if (info_->untypeds[i].device == 0) return cap<stub::Untyped>(info_->untypeds[i].slot);
    }
    FAIL("there is no memory");
    return {};
}

uint64_t World::make(ObjectType type, uint64_t size, std::optional<uint64_t> untyped) {
    const uint64_t index = take_slot();
    const auto from = untyped ? cap<stub::Untyped>(*untyped) : memory();
    const auto made = from.retype({.type = type, .size = size, .count = 1, .table = own_table(), .first = index});
    REQUIRE(made.has_value());
    REQUIRE(*made == 1);
    return index;
}

uint64_t World::derive(uint64_t source, abi::RightsMask rights, uint64_t badge) {
    const uint64_t index = take_slot();
    const auto made = own_table().map(
        {.first = index, .source = own_table(), .source_first = source, .count = 1, .rights = rights, .badge = badge});
    REQUIRE(made.has_value());
    return index;
}

Actor World::spawn(const Spawn& options) {
    Actor actor{};
    const auto make_part = [&](ObjectType type, uint64_t size = 0) { return make(type, size, options.memory); };
    actor.task = make_part(ObjectType::task);
    actor.space = make_part(ObjectType::address_space);
    actor.thread = make_part(ObjectType::thread);
    actor.object = slot(actor.thread).object<Thread>();
    const auto task = cap<stub::Task>(actor.task);
    const auto thread = cap<stub::Thread>(actor.thread);
    REQUIRE(task.install(abi::TaskSlot::table, own_table()).has_value());
    REQUIRE(task.install(abi::TaskSlot::space, cap<stub::AddressSpace>(actor.space)).has_value());
    REQUIRE(thread.bind_task(task).has_value());
    if (options.buffered) {
        actor.buffer = make_part(ObjectType::frame, 12);
        REQUIRE(thread.set_buffer(cap<stub::Frame>(actor.buffer), 0).has_value());
    }
    const auto own_thread = cap<stub::Thread>(BootSlot::thread);
    REQUIRE(thread.set_priority({.priority = options.priority, .maximum = 255, .authority = own_thread}).has_value());
    if (!options.passive) {
        actor.context = make_part(ObjectType::sched_context, 4);
        const auto context = cap<stub::SchedContext>(actor.context);
        const uint64_t slice = machine::SimulatedMachine::frequency / 100;
        const auto control = cap<stub::ScheduleControl>(BootSlot::schedule_control);
        REQUIRE(control.configure({.context = context, .budget = slice, .period = slice, .refills = 0}).has_value());
        REQUIRE(context.bind(thread).has_value());
    }
    if (options.started) start(actor);
    return actor;
}

void World::start(const Actor& actor) {
    const auto started = cap<stub::Thread>(actor.thread)
                             .start({.pc = Board::entry,
                                     .sp = user_stack,
                                     .argument0 = 0,
                                     .argument1 = 0,
                                     .tls = 0,
                                     .floating_point = abi::FloatingPoint::allowed});
    REQUIRE(started.has_value());
}

}  // namespace selene::test
