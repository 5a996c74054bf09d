// SPDX-License-Identifier: BSD-2-Clause
// Objects, memory, capabilities, and off it goes.
#include "task_builder.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <sel/clock.hpp>

#include "abi/object_sizes.hpp"

namespace tasks {

namespace {

using sel::abi::ObjectType;
using sel::abi::Right;

constexpr uint64_t page_bits = 12;
constexpr uint64_t window_pages = 512;
constexpr uint64_t refills = 8;
constexpr uint64_t own_capabilities = 3;  // table, space and thread of a task, in its slots 1 to 3

constexpr auto read_write = sel::abi::RightsMask(Right::read) | Right::write;

}  // namespace

sel::Result<TaskBuilder> TaskBuilder::make(const Means& means) {
    // One or two tables are missing on the way to the window.
    for (uint64_t level = 0; level != 3;) {
        SEL_TRY(table, means.memory.allocate({ObjectType::page_table}));
        SEL_TRY(hung, means.space.map_table(table.as<sel::PageTable>(), means.window));
        level = hung;
    }
    return TaskBuilder(means);
}

sel::Result<uint64_t> TaskBuilder::plan(const TaskRecipe& recipe) {
    write_environment(recipe);
    ProgramNeeds needs{.stack_pages = recipe.stack_pages, .environment_bytes = environment_.size()};
    for (const SharedMemory& memory : recipe.shared) needs.shared.push_back({memory.frames, memory.size_bits});
    auto planned = plan_program(recipe.elf, needs, most_pages);
    if (!planned) {
        complaint_ = planned.error();
        return sel::refused({BuilderRefusal::bad_program});
    }
    plan_ = std::move(*planned);
    write_environment(recipe);
    plan_.parts.back().contents = environment_;
    const auto bytes = [](ObjectType type, uint64_t size) { return sel::abi::object_bytes(type, size); };
    const uint64_t small = bytes(ObjectType::cap_table, frame_slots()) + bytes(ObjectType::cap_table, recipe.slots) +
                           bytes(ObjectType::task, 0) + bytes(ObjectType::thread, 0) +
                           bytes(ObjectType::sched_context, refills);
    const uint64_t pages = plan_.pages() + 1 + (plan_.tables.size() + 1) * 2;
    return pages + (small + page_bytes - 1) / page_bytes;
}

/// With the addresses of the plan, once there is one: the size is the same without.
void TaskBuilder::write_environment(const TaskRecipe& recipe) {
    using sel::EnvironmentKind;
    capdl::EnvironmentWriter writer;
    const auto rights = static_cast<uint16_t>(sel::abi::all_rights);
    writer.add(EnvironmentKind::capability, "table", rights, 1, 0);
    writer.add(EnvironmentKind::capability, "space", rights, 2, 0);
    writer.add(EnvironmentKind::capability, "thread", rights, 3, 0);
    uint64_t slot = own_capabilities + 1;
    for (const Gift& gift : recipe.gifts) {
        writer.add(EnvironmentKind::capability, gift.name, static_cast<uint16_t>(gift.rights.raw()), slot++,
                   gift.badge);
    }
    for (const Argument& argument : recipe.arguments) writer.add_argument(argument.name, argument.value);
    for (size_t number = 0; number < recipe.shared.size(); ++number) {
        const SharedMemory& memory = recipe.shared[number];
        const uint64_t address = number < plan_.shared.size() ? plan_.shared[number].address : 0;
        writer.add(EnvironmentKind::memory, memory.name, static_cast<uint16_t>(memory.rights.raw()), address,
                   memory.frames << memory.size_bits);
    }
    writer.add(EnvironmentKind::slot_range, "", 0, slot, recipe.slots - slot);
    writer.add(EnvironmentKind::free_addresses, "", 0, plan_.free_begin, plan_.free_end - plan_.free_begin);
    environment_ = writer.bytes({.ipc_buffer = plan_.ipc_buffer,
                                 .stack_bottom = plan_.stack_bottom,
                                 .stack_size = plan_.stack_end - plan_.stack_bottom});
}

sel::Result<BuiltTask> TaskBuilder::build(const TaskRecipe& recipe, sel::Untyped home) {
    SEL_TRY(first, means_.slots.allocate(BuiltTask::slots));
    const BuiltTask task{first};
    const auto all = [&]() -> sel::Result<void> {
        SEL_TRY_VOID(make_objects(recipe, home, task));
        SEL_TRY_VOID(make_memory(task));
        SEL_TRY_VOID(share(recipe, task));
        SEL_TRY_VOID(give(recipe, task));
        return run(recipe, task);
    };
    const auto done = all();
    if (done) return task;
    // What is not the home's goes here; the rest, when the slots are given back.
    (void)means_.table.unmap({first.raw(), BuiltTask::slots, sel::abi::KeepRoot::self});
    (void)means_.slots.release(first, BuiltTask::slots);
    return sel::refused(done.error());
}

void TaskBuilder::forget(const BuiltTask& task) {
    (void)means_.table.unmap({task.first.raw(), BuiltTask::slots, sel::abi::KeepRoot::self});
    (void)means_.slots.release(task.first, BuiltTask::slots);
}

/// Large objects first, so that nothing is lost to alignment; the frames into the table that is made for them.
sel::Result<void> TaskBuilder::make_objects(const TaskRecipe& recipe, sel::Untyped home, const BuiltTask& task) const {
    const auto retype = [&](ObjectType type, uint64_t size, uint64_t count, sel::CapTable table, uint64_t slot) {
        return home.retype({.type = type, .size = size, .count = count, .table = table, .first = slot});
    };
    const auto into_own = [&](ObjectType type, uint64_t size, sel::CapIndex slot) {
        return retype(type, size, 1, means_.table, slot.raw());
    };
    SEL_TRY_VOID(into_own(ObjectType::address_space, 0, task.space().index()));
    SEL_TRY_VOID(into_own(ObjectType::frame, page_bits, task.buffer().index()));
    SEL_TRY_VOID(into_own(ObjectType::cap_table, frame_slots(), task.frames().index()));
    SEL_TRY_VOID(into_own(ObjectType::cap_table, recipe.slots, task.table().index()));
    SEL_TRY_VOID(into_own(ObjectType::task, 0, task.task().index()));
    SEL_TRY_VOID(into_own(ObjectType::thread, 0, task.thread().index()));
    SEL_TRY_VOID(into_own(ObjectType::sched_context, refills, task.time().index()));
    SEL_TRY_VOID(retype(ObjectType::page_table, 0, plan_.tables.size(), task.frames(), plan_.pages()));
    SEL_TRY_VOID(retype(ObjectType::frame, page_bits, plan_.pages(), task.frames(), 0));
    return {};
}

/// Does something with a capability out of the table of frames: a method takes one of the caller's own table.
template <typename Use>
sel::Result<void> TaskBuilder::pass_by(const BuiltTask& task, uint64_t slot, const Use& use) const {
    SEL_TRY_VOID(means_.table.grant({means_.passage.raw(), task.frames(), slot, 1}));
    const sel::Result<void> done = use(means_.passage);
    SEL_TRY_VOID(task.frames().grant({slot, means_.table, means_.passage.raw(), 1}));
    return done;
}

/// Page tables and frames: filled through the window, then mapped where they belong.
sel::Result<void> TaskBuilder::make_memory(const BuiltTask& task) {
    for (uint64_t number = 0; number < plan_.tables.size(); ++number) {
        SEL_TRY_VOID(pass_by(task, plan_.pages() + number, [&](sel::CapIndex here) -> sel::Result<void> {
            SEL_TRY_VOID(task.space().map_table(sel::PageTable(here), plan_.tables[number]));
            return {};
        }));
    }
    for (uint64_t base = 0; base < plan_.pages(); base += window_pages) {
        SEL_TRY_VOID(fill(task, base, std::min(window_pages, plan_.pages() - base), base));
    }
    uint64_t frame = 0;
    for (const Part& part : plan_.parts) {
        for (uint64_t page = frame; part.executable && page < frame + part.pages; ++page) {
            SEL_TRY_VOID(pass_by(task, page, [](sel::CapIndex here) {
                return sel::Frame(here).maintain({sel::abi::CacheOperation::make_executable, 0, page_bytes});
            }));
        }
        auto rights = sel::abi::RightsMask(Right::read);
        if (part.writable) rights = rights | Right::write;
        if (part.executable) rights = rights | Right::transfer;
        SEL_TRY_VOID(task.space().map({.frames = task.frames(),
                                       .first = frame,
                                       .count = part.pages,
                                       .address = part.address,
                                       .rights = rights,
                                       .kind = sel::abi::MemoryKind::normal}));
        frame += part.pages;
    }
    SEL_TRY_VOID(task.space().map({.frames = means_.table,
                                   .first = task.buffer().index().raw(),
                                   .count = 1,
                                   .address = plan_.ipc_buffer,
                                   .rights = read_write,
                                   .kind = sel::abi::MemoryKind::normal}));
    return {};
}

uint64_t TaskBuilder::frame_slots() const {
    uint64_t slots = plan_.pages() + plan_.tables.size();
    for (const SharedPart& part : plan_.shared) slots += part.frames;
    return slots;
}

/// Children of shared frames, behind the frames and tables of its own, and mapped.
sel::Result<void> TaskBuilder::share(const TaskRecipe& recipe, const BuiltTask& task) const {
    uint64_t slot = plan_.pages() + plan_.tables.size();
    for (size_t number = 0; number < recipe.shared.size(); ++number) {
        const SharedMemory& memory = recipe.shared[number];
        SEL_TRY_VOID(task.frames().map({.first = slot,
                                        .source = means_.table,
                                        .source_first = memory.first.raw(),
                                        .count = memory.frames,
                                        .rights = memory.rights,
                                        .badge = 0}));
        SEL_TRY_VOID(task.space().map({.frames = task.frames(),
                                       .first = slot,
                                       .count = memory.frames,
                                       .address = plan_.shared[number].address,
                                       .rights = memory.rights,
                                       .kind = sel::abi::MemoryKind::normal}));
        slot += memory.frames;
    }
    return {};
}

/// Writes the contents of frames `first` to `first + count`, which are mapped at the window meanwhile.
sel::Result<void> TaskBuilder::fill(const BuiltTask& task, uint64_t first, uint64_t count, uint64_t base) const {
    SEL_TRY_VOID(means_.space.map({.frames = task.frames(),
                                   .first = first,
                                   .count = count,
                                   .address = means_.window,
                                   .rights = read_write,
                                   .kind = sel::abi::MemoryKind::normal}));
    const uint64_t window_begin = base * page_bytes;
    const uint64_t window_end = (base + count) * page_bytes;
    uint64_t part_begin = 0;
    for (const Part& part : plan_.parts) {
        const uint64_t begin = std::max(part_begin + part.offset, window_begin);
        const uint64_t end = std::min(part_begin + part.offset + part.contents.size(), window_end);
        if (begin < end) {
            std::memcpy(reinterpret_cast<std::byte*>(means_.window + begin - window_begin),
                        part.contents.data() + (begin - part_begin - part.offset), end - begin);
        }
        part_begin += part.pages * page_bytes;
    }
    SEL_TRY_VOID(means_.space.unmap({.frames = task.frames(), .first = first, .count = count}));
    return {};
}

sel::Result<void> TaskBuilder::give(const TaskRecipe& recipe, const BuiltTask& task) const {
    const auto derive = [&](sel::CapTable into, uint64_t slot, sel::CapIndex source, sel::abi::RightsMask rights,
                            uint64_t badge) {
        return into.map({.first = slot,
                         .source = means_.table,
                         .source_first = source.raw(),
                         .count = 1,
                         .rights = rights,
                         .badge = badge});
    };
    const sel::abi::RightsMask own(sel::abi::all_rights & ~static_cast<uint64_t>(Right::write_execute));
    SEL_TRY_VOID(derive(task.table(), 1, task.table().index(), own, 0));
    SEL_TRY_VOID(derive(task.table(), 2, task.space().index(), own, 0));
    SEL_TRY_VOID(derive(task.table(), 3, task.thread().index(), own, 0));
    uint64_t slot = own_capabilities + 1;
    for (const Gift& gift : recipe.gifts) {
        SEL_TRY_VOID(derive(task.table(), slot++, gift.slot, gift.rights, gift.badge));
    }
    const auto may_call = sel::abi::RightsMask(Right::write) | Right::reply;
    SEL_TRY_VOID(
        derive(means_.table, task.faults().index().raw(), recipe.faults.index(), may_call, recipe.fault_badge));
    return {};
}

sel::Result<void> TaskBuilder::run(const TaskRecipe& recipe, const BuiltTask& task) const {
    using sel::abi::TaskSlot;
    SEL_TRY_VOID(task.task().install(TaskSlot::table, task.table()));
    SEL_TRY_VOID(task.task().install(TaskSlot::space, task.space()));
    SEL_TRY_VOID(task.task().install(TaskSlot::fault_endpoint, task.faults()));
    const sel::Thread thread = task.thread();
    SEL_TRY_VOID(thread.bind_task(task.task()));
    SEL_TRY_VOID(thread.set_buffer(task.buffer(), 0));
    const auto priority = static_cast<uint8_t>(recipe.priority);
    SEL_TRY_VOID(thread.set_priority({.priority = priority, .maximum = priority, .authority = means_.authority}));
    const auto ticks = [](uint64_t microseconds) { return sel::Clock::ticks(std::chrono::microseconds(microseconds)); };
    SEL_TRY_VOID(means_.control.configure(
        {.context = task.time(), .budget = ticks(recipe.budget_us), .period = ticks(recipe.period_us), .refills = 0}));
    SEL_TRY_VOID(task.time().bind(thread));
    SEL_TRY_VOID(thread.start({.pc = plan_.entry,
                               .sp = plan_.stack_end,
                               .argument0 = plan_.environment,
                               .argument1 = 0,
                               .tls = plan_.tls,
                               .floating_point = plan_.floating_point ? sel::abi::FloatingPoint::allowed
                                                                      : sel::abi::FloatingPoint::refused}));
    return {};
}

}  // namespace tasks
