// SPDX-License-Identifier: BSD-2-Clause
// Making a stage: everything by system calls, first of the boot's thread, then of one of the stage's own, which takes
// the boot's objects away.
#include <catch2/catch_test_macros.hpp>

#include "object/page_table.hpp"
#include "object/untyped.hpp"
#include "stage.hpp"

namespace selene::test {

using machine::simulated;

namespace {

constexpr uint64_t keeper_slots = 32;
constexpr uint64_t user_stack = 0x7000'0000;
constexpr uint64_t refills = 4;
constexpr uint64_t page_bits = 12;

}  // namespace

Stage::Stage(const Description& description) : description_(&description) {
    simulated().preempt_every = 0;
    keeper_ = make(ObjectType::cap_table, keeper_slots);
    keeper_table_ = &world_.object<CapTable>(keeper_);
    table_index_ = make(ObjectType::cap_table, description.slots);
    table_ = &world_.object<CapTable>(table_index_);
    space_index_ = make(ObjectType::address_space);
    task_ = make_task(space_index_);
    description.set_up(*this);
    settle();
    track();
    image_.save(first_state_.memory);
    first_state_.translations = simulated().translations;
    rest_.resize(machine::Memory::bytes + sizeof(Kernel));
    const auto memory = simulated().memory.contents();
    std::memcpy(rest_.data(), memory.data(), memory.size());
    std::memcpy(rest_.data() + memory.size(), &kernel(), sizeof(Kernel));
}

uint64_t Stage::make(ObjectType type, uint64_t size) { return world_.make(type, size); }

void Stage::give(uint64_t to, uint64_t from, uint64_t badge) {
    const auto made = cap<stub::CapTable>(table_index_)
                          .map({.first = to,
                                .source = own_table(),
                                .source_first = from,
                                .count = 1,
                                .rights = every_right,
                                .badge = badge});
    REQUIRE(made.has_value());
}

void Stage::grant(uint64_t to, uint64_t from) {
    REQUIRE(cap<stub::CapTable>(table_index_)
                .grant({.first = to, .source = own_table(), .source_first = from, .count = 1})
                .has_value());
}

uint64_t Stage::make_task(uint64_t space) {
    const uint64_t index = make(ObjectType::task);
    const auto task = cap<stub::Task>(index);
    REQUIRE(task.install(abi::TaskSlot::table, cap<stub::CapTable>(table_index_)).has_value());
    REQUIRE(task.install(abi::TaskSlot::space, cap<stub::AddressSpace>(space)).has_value());
    return index;
}

Made Stage::thread(const Making& making) {
    Made made{};
    if (making.own_task) {
        one_space_ = false;
        made.space = make(ObjectType::address_space);
        made.task = make_task(made.space);
    }
    made.thread = make(ObjectType::thread);
    const auto thread = cap<stub::Thread>(made.thread);
    actors_.push_back(&world_.object<Thread>(made.thread));
    REQUIRE(thread.bind_task(cap<stub::Task>(making.own_task ? made.task : task_)).has_value());
    const auto authority = cap<stub::Thread>(BootSlot::thread);
    REQUIRE(thread.set_priority({.priority = making.priority, .maximum = abi::priorities - 1, .authority = authority})
                .has_value());
    if (making.only_waits) waiter_ = actors_.back();
    if (making.buffered) {
        const uint64_t buffer = make(ObjectType::frame, page_bits);
        REQUIRE(thread.set_buffer(cap<stub::Frame>(buffer), 0).has_value());
    }
    if (!making.passive) {
        made.context = make(ObjectType::sched_context, refills);
        const auto context = cap<stub::SchedContext>(made.context);
        REQUIRE(
            cap<stub::ScheduleControl>(BootSlot::schedule_control)
                .configure(
                    {.context = context, .budget = making.budget * unit, .period = making.period * unit, .refills = 0})
                .has_value());
        REQUIRE(context.bind(thread).has_value());
    }
    if (!making.started) return made;
    REQUIRE(thread
                .start({.pc = Board::entry,
                        .sp = user_stack,
                        .argument0 = 0,
                        .argument1 = 0,
                        .tls = 0,
                        .floating_point = abi::FloatingPoint::allowed})
                .has_value());
    return made;
}

void Stage::settle() {
    const uint64_t way_to_keeper = description_->slots - 1;
    const uint64_t way_to_table = description_->slots - 2;
    give(way_to_keeper, keeper_);
    give(way_to_table, table_index_);
    const uint64_t end = world_.next_empty();
    const uint64_t memory = world_.memory().index().raw();
    uint64_t kept = 0;
    const auto keep = [&](uint64_t index) {
        if (world_.slot(index).empty()) return;
        const auto granted = cap<stub::CapTable>(keeper_).grant(
            {.first = kept++, .source = own_table(), .source_first = index, .count = 1});
        REQUIRE(granted.has_value());
    };
    for (uint64_t index = keeper_ + 1; index < end; ++index) keep(index);
    keep(memory);
    memory_ = &keeper_table_->slots()[kept - 1];
    const uint64_t boot = kept;
    keep(static_cast<uint64_t>(BootSlot::boot_untyped));
    // What makes the keeper, last: it is what the others went through.
    keep(keeper_);

    world_.run(*actors_.at(0));
    const auto unmap = [](uint64_t table, uint64_t index) {
        return cap<stub::CapTable>(table).unmap({.first = index, .count = 1, .root = abi::KeepRoot::self}).has_value();
    };
    REQUIRE(unmap(way_to_keeper, boot));
    REQUIRE(unmap(way_to_table, way_to_keeper));
    REQUIRE(unmap(way_to_table, way_to_table));
    now_.running = world_.running();
    world_.check();
}

void Stage::track() {
    Kernel& shared = kernel();
    Core& own = core();
    const uint64_t tags = machine::tag_count();
    image_.track(&shared.tree, sizeof(shared.tree));
    auto* hands = reinterpret_cast<std::byte*>(&shared.tags);
    image_.track(hands, (tags + 1) * sizeof(void*));
    image_.track(hands + sizeof(shared.tags) - sizeof(uint64_t), sizeof(uint64_t));
    image_.track(&own, offsetof(Core, ready));
    // The bitmap, the queues of the lowest priorities and of the highest.
    constexpr size_t few = 8 * 2 * sizeof(void*);
    auto* ready = reinterpret_cast<std::byte*>(&own.ready);
    image_.track(ready, sizeof(uint64_t) * 4 + few);
    image_.track(ready + sizeof(own.ready) - few, few);
    image_.track(&own.release, sizeof(own.release));
    image_.track(&own.entered, offsetof(Core, reschedule) + sizeof(own.reschedule) - offsetof(Core, entered));
    image_.track(&simulated().now, sizeof(uint64_t));
    image_.track(&simulated().deadline, sizeof(uint64_t));
    image_.track(&now_, sizeof(now_));
    const Untyped memory(*memory_);
    auto* from = machine::window<std::byte>(memory.base());
    auto* end = from + memory.watermark();
    if (one_space_ && !description_->translates) {
        // Nothing is mapped, and no other task is in the threads' space: its root never changes.
        auto* space = reinterpret_cast<std::byte*>(actors_[0]->task->space);
        image_.track(from, static_cast<size_t>(space - from));
        from = space + sizeof(PageTable);
    }
    image_.track(from, static_cast<size_t>(end - from));
    first_state_.memory.resize(image_.size());
}

}  // namespace selene::test
