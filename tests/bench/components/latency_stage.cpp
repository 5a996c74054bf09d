// SPDX-License-Identifier: BSD-2-Clause
// What the operations are done with whose latency is measured.
#include "latency_stage.hpp"

#include <charconv>

#include <sel/address_allocator.hpp>
#include <sel/environment.hpp>
#include <sel/slot_allocator.hpp>

namespace bench {

namespace {

constexpr uint64_t slot_count = 200'000;

using abi::ObjectType;

/// A number among the arguments of the specification.
sel::Result<uint64_t> number(std::string_view name) {
    SEL_TRY(text, sel::environment().argument(name));
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// What the threads execute. The system calls are those of abi::SystemCall; the message is empty but for the tag.

#define SELENE_BENCH_ENDS "udf #0"

[[gnu::naked]] void receive() { asm volatile("mov x10, x1\n\tmov x1, xzr\n\tsvc #3\n\t" SELENE_BENCH_ENDS); }
[[gnu::naked]] void send() { asm volatile("svc #2\n\t" SELENE_BENCH_ENDS); }
[[gnu::naked]] void call() { asm volatile("svc #0\n\t" SELENE_BENCH_ENDS); }
[[gnu::naked]] void invoke() {
    asm volatile(
        "mov x19, x0\n\tldp x0, x1, [x19]\n\tldp x2, x3, [x19, #16]\n\tldp x4, x5, [x19, #32]\n\t"
        "ldp x6, x7, [x19, #48]\n\tldp x8, x9, [x19, #64]\n\tsvc #0\n\t" SELENE_BENCH_ENDS);
}
[[gnu::naked]] void rest() {
    asm volatile("mov x19, x0\n0: mov x0, x19\n\tsvc #6\n\tmov x1, #100\n1: subs x1, x1, #1\n\tb.ne 1b\n\tb 0b");
}
[[gnu::naked]] void wait() { asm volatile("svc #6\n\t" SELENE_BENCH_ENDS); }
[[gnu::naked]] void pass_on() {
    asm volatile(
        "mov x19, x0\n\tmov x10, x1\n\tmov x1, xzr\n\tsvc #3\n\t"
        "add x0, x19, #1\n\tmov x1, xzr\n\tsvc #0\n\t" SELENE_BENCH_ENDS);
}
[[gnu::naked]] void stay() { asm volatile("0: yield\n\tb 0b"); }

uint64_t entry_of(Act act) {
    switch (act) {
    case Act::receive: return reinterpret_cast<uint64_t>(&receive);
    case Act::send: return reinterpret_cast<uint64_t>(&send);
    case Act::call: return reinterpret_cast<uint64_t>(&call);
    case Act::invoke: return reinterpret_cast<uint64_t>(&invoke);
    case Act::rest: return reinterpret_cast<uint64_t>(&rest);
    case Act::wait: return reinterpret_cast<uint64_t>(&wait);
    case Act::pass_on: return reinterpret_cast<uint64_t>(&pass_on);
    case Act::stay: return reinterpret_cast<uint64_t>(&stay);
    }
    return 0;
}

}  // namespace

sel::Result<Stage> Stage::from_environment() {
    const sel::Environment& given = sel::environment();
    Stage stage;
    SEL_TRY(table, given.capability<sel::CapTable>("table"));
    SEL_TRY(space, given.capability<sel::AddressSpace>("space"));
    SEL_TRY(thread, given.capability<sel::Thread>("thread"));
    SEL_TRY(kit, given.capability<sel::Untyped>("kit"));
    SEL_TRY(memory, given.capability<sel::Untyped>("memory"));
    SEL_TRY(giant, given.capability<sel::Untyped>("giant"));
    SEL_TRY(control, given.capability<sel::ScheduleControl>("time"));
    SEL_TRY(interrupts, given.capability<sel::InterruptControl>("interrupts"));
    SEL_TRY(first_slot, sel::own_slots().allocate(slot_count));
    SEL_TRY(free_address, sel::own_addresses().allocate(free_bytes, uint64_t{1} << 30));
    SEL_TRY(step, number("step"));
    SEL_TRY(shots, number("shots"));
    stage.table = table;
    stage.space = space;
    stage.thread = thread;
    stage.control = control;
    stage.interrupts = interrupts;
    stage.first_slot_ = first_slot;
    stage.free_address = free_address;
    stage.step = step;
    stage.shots = shots;

    stage.source = kit;
    SEL_TRY(task, stage.make<sel::Task>());
    SEL_TRY_VOID(task.install(abi::TaskSlot::table, table));
    SEL_TRY_VOID(task.install(abi::TaskSlot::space, space));
    SEL_TRY(interrupting_thread, stage.make<sel::Thread>());
    SEL_TRY(interrupting_context, stage.make<sel::SchedContext>(2));
    SEL_TRY(interrupter,
            Interrupter::make(interrupting_thread, interrupting_context, stage.control, stage.thread, task));
    stage.task = task;
    stage.interrupter = interrupter;
    stage.memory = memory;
    stage.giant = giant;
    stage.source = memory;
    stage.first_slot_ = first_slot + stage.used_slots_;
    stage.used_slots_ = 0;
    return stage;
}

sel::CapIndex Stage::slots(uint64_t count) {
    const sel::CapIndex first = first_slot_ + used_slots_;
    used_slots_ += count;
    return first;
}

sel::Result<sel::CapIndex> Stage::make(ObjectType type, uint64_t size, uint64_t count) {
    const sel::CapIndex first = slots(count);
    SEL_TRY_VOID(source.retype({.type = type, .size = size, .count = count, .table = table, .first = first.raw()}));
    return first;
}

sel::Result<sel::CapIndex> Stage::make_from_new_untyped(uint64_t pages) {
    SEL_TRY(untyped, make(ObjectType::untyped, pages, 1));
    source = sel::Untyped(untyped);
    return untyped;
}

sel::Result<sel::CapIndex> Stage::derive(sel::CapIndex parent, uint64_t count) {
    const sel::CapIndex first = slots(count);
    for (uint64_t i = 0; i < count; i++) {
        SEL_TRY_VOID(table.map({.first = (first + i).raw(),
                                .source = table,
                                .source_first = parent.raw(),
                                .count = 1,
                                .rights = abi::RightsMask(abi::all_rights),
                                .badge = 0}));
    }
    return first;
}

sel::Result<sel::CapIndex> Stage::threads(uint64_t count, Time time, const std::function<Role(uint64_t)>& role) {
    SEL_TRY(first, make(ObjectType::thread, 0, count));
    SEL_TRY(contexts, make(ObjectType::sched_context, role(0).refills, time == Time::own ? count : 1));
    for (uint64_t i = 0; i < count; i++) {
        const sel::Thread actor(first + i);
        const sel::SchedContext context(time == Time::own ? contexts + i : contexts);
        const Role its = role(i);
        SEL_TRY_VOID(actor.bind_task(its.task.value_or(task)));
        if (its.buffer) {
            SEL_TRY_VOID(actor.set_buffer(*its.buffer, 0));
        }
        SEL_TRY_VOID(actor.set_priority({.priority = its.priority, .maximum = 0, .authority = thread}));
        SEL_TRY_VOID(control.configure({.context = context, .budget = its.budget, .period = its.period, .refills = 0}));
        SEL_TRY_VOID(context.bind(actor));
        if (its.begin == Begin::when_resumed) {
            SEL_TRY_VOID(actor.suspend());
        }
        SEL_TRY_VOID(actor.start({.pc = entry_of(its.act),
                                  .sp = 0,
                                  .argument0 = its.argument0,
                                  .argument1 = its.argument1,
                                  .tls = 0,
                                  .floating_point = abi::FloatingPoint::refused}));
        if (time == Time::until_it_waits) {
            SEL_TRY_VOID(context.unbind());
        }
    }
    return first;
}

sel::Result<void> Stage::hang_tables(uint64_t address, uint64_t bytes, uint64_t smallest_frame_bits) {
    constexpr unsigned bits_a_level = 9;
    constexpr uint64_t leaf_level_bits = 12;
    constexpr uint64_t root_entry_bits = 30;
    if (smallest_frame_bits >= root_entry_bits) {
        return {};
    }
    for (const uint64_t end = address + bytes; address < end;) {
        SEL_TRY(table_slot, make(ObjectType::page_table, 0, 1));
        SEL_TRY(level, space.map_table(sel::PageTable(table_slot), address));
        constexpr uint64_t lowest_level = 3;
        if (level == lowest_level) {
            address += uint64_t{1} << (leaf_level_bits + bits_a_level);
        } else if (smallest_frame_bits > leaf_level_bits) {
            address += uint64_t{1} << root_entry_bits;
        }
    }
    return {};
}

sel::Result<sel::Frame> Stage::map_page(uint64_t address) {
    constexpr uint64_t page_bits = 12;
    SEL_TRY(frame, make(ObjectType::frame, page_bits, 1));
    SEL_TRY_VOID(space.map({.frames = table,
                            .first = frame.raw(),
                            .count = 1,
                            .address = address,
                            .rights = abi::Right::read | abi::Right::write,
                            .kind = abi::MemoryKind::normal}));
    return sel::Frame(frame);
}

sel::Result<void> Stage::clear() {
    SEL_TRY_VOID(unmap(memory.index(), 1, abi::KeepRoot::descendants));
    SEL_TRY_VOID(unmap(giant.index(), 1, abi::KeepRoot::descendants));
    used_slots_ = 0;
    source = memory;
    return {};
}

}  // namespace bench
