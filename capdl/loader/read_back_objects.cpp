// SPDX-License-Identifier: BSD-2-Clause
// Reading back: places, page tables, mappings, time, interrupts and threads.
#include <algorithm>

#include "abi/names.hpp"
#include "read_back.hpp"
#include "ticks.hpp"

namespace capdl::loader {

namespace {

constexpr uint64_t large_bytes = uint64_t{1} << 21;
constexpr uint64_t huge_bytes = uint64_t{1} << 30;

/// What the kernel makes of the rights that a mapping asks for.
abi::RightsMask mapped_rights(uint16_t rights) {
    const auto possible = abi::RightsMask(abi::Right::read) | abi::Right::write | abi::Right::transfer;
    return abi::RightsMask(rights & possible.raw());
}

}  // namespace

uint64_t ReadBack::identity_of(uint32_t object) const {
    if (object == image::none) {
        return 0;
    }
    const auto found = MachineMemory::own_table().inspect(built_.own.slot_of(object));
    return found ? found->object : 0;
}

void ReadBack::read_places() {
    for (const image::PlacedRecord& record : built_.system.placed()) {
        const auto address = built_.devices.address_of(record);
        if (!address) {
            continue;
        }
        const bool is_frame = record.type == static_cast<uint32_t>(abi::ObjectType::frame);
        const auto frame = is_frame ? built_.own.to<sel::Frame>(record.object).inspect()
                                    : sel::Result<sel::Frame::InspectResult>(sel::Frame::InspectResult{});
        const auto untyped = is_frame ? sel::Result<sel::Untyped::InspectResult>(sel::Untyped::InspectResult{})
                                      : built_.own.to<sel::Untyped>(record.object).inspect();
        if (!frame || !untyped) {
            refused(record.object, !frame ? frame.error() : untyped.error());
            continue;
        }
        compare_number("the physical address", record.object, is_frame ? frame->base : untyped->base,
                       *address / image::page_size * image::page_size);
    }
}

/// Inspection tells the last table on the way to an address. The table of a whole GiB shows where none of the next level
/// hangs; if that is nowhere, those of the next level hang in it, which they are asked for themselves.
void ReadBack::read_tables() {
    uint32_t upper_space = image::none;
    uint64_t upper_address = 0;
    for (const auto& record : built_.system.records<image::TableRecord>(image::SectionKind::tables)) {
        const bool is_upper = record.space != upper_space || record.address / huge_bytes != upper_address / huge_bytes;
        if (is_upper) {
            upper_space = record.space;
            upper_address = record.address;
        }
        const uint64_t level = is_upper ? 2 : 3;
        const uint64_t end = is_upper ? record.address / huge_bytes * huge_bytes + huge_bytes : record.address + 1;
        const auto space = built_.own.to<sel::AddressSpace>(record.space);
        auto found = space.inspect(record.address);
        for (uint64_t at = record.address; found && found->level > level && at < end; at += large_bytes) {
            found = space.inspect(at);
        }
        if (!found) {
            refused(record.space, found.error());
        } else if (found->level < level || (found->level == level && found->table != identity_of(record.table))) {
            differs("page table {} does not hang at {:#x} of {}\n", name(record.table), record.address,
                    name(record.space));
        }
    }
    name_tables();
}

/// A table that is no part of a space may hang in one all the same, and one that is, elsewhere. That takes looking at every
/// entry, so it is only done where there is such a table.
void ReadBack::name_tables() {
    const auto tables = built_.system.records<image::TableRecord>(image::SectionKind::tables);
    uint64_t made = 0;
    for (const image::RunRecord& run : built_.system.runs()) {
        made += static_cast<abi::ObjectType>(run.type) == abi::ObjectType::page_table ? run.count : 0;
    }
    if (made == tables.size()) {
        return;
    }
    for (const image::RunRecord& run : built_.system.runs()) {
        for (uint32_t object = run.first; object < run.first + run.count; ++object) {
            if (static_cast<abi::ObjectType>(run.type) == abi::ObjectType::address_space) {
                name_tables_of(object);
            }
        }
    }
}

bool ReadBack::is_expected_table(uint32_t space, uint64_t address, uint64_t identity) const {
    const auto tables = built_.system.records<image::TableRecord>(image::SectionKind::tables);
    return std::ranges::any_of(tables, [&](const image::TableRecord& record) {
        return record.space == space && record.address == address && identity_of(record.table) == identity;
    });
}

void ReadBack::name_tables_of(uint32_t space) {
    constexpr uint64_t limit = uint64_t{1} << abi::address_bits;
    uint64_t known = 0;
    for (uint64_t address = 0; address < limit;) {
        const auto found = built_.own.to<sel::AddressSpace>(space).inspect(address);
        if (!found) {
            return refused(space, found.error());
        }
        const uint64_t covered = found->level == 2 ? huge_bytes : large_bytes;
        const bool is_new = found->level > 1 && found->table != known;
        if (is_new && !is_expected_table(space, address / covered * covered, found->table)) {
            differs("a page table hangs at {:#x} of {}, where none should\n", address, name(space));
        }
        known = found->table;
        address += found->level == 1 ? huge_bytes : found->level == 2 ? large_bytes : image::page_size;
    }
}

void ReadBack::read_mappings() {
    uint32_t known = image::none;
    uint64_t space = 0;
    for (const auto& record : built_.system.records<image::MappingRecord>(image::SectionKind::mappings)) {
        if (record.space != known) {  // those of one space stand side by side
            known = record.space;
            space = identity_of(known);
        }
        for (uint64_t number = 0; number < record.count; ++number) {
            read_mapping(record, number, space);
        }
    }
}

void ReadBack::read_mapping(const image::MappingRecord& record, uint64_t number, uint64_t space) {
    const auto source = static_cast<uint32_t>(record.first + number);
    const auto frame = built_.own.to<sel::Frame>(source).inspect();
    if (!frame) {
        differs("the mapping at {:#x} of {} cannot be looked at: {}\n", record.address, name(record.space),
                frame.error());
        return;
    }
    const uint64_t address = record.address + number * frame->bytes;
    if (frame->space != space || frame->address != address) {
        differs("{:#x} of {} does not map {}\n", address, name(record.space), SourceName{built_.system, source});
        return;
    }
    const uint64_t rights = mapped_rights(record.rights).raw();
    if (frame->rights.raw() != rights) {
        differs("the mapping at {:#x} of {} has the rights {} instead of {}\n", address, name(record.space),
                RightsName{frame->rights.raw()}, RightsName{rights});
    }
    const auto asked = static_cast<abi::MemoryKind>(record.kind);
    const auto kind = frame->device != 0 && asked == abi::MemoryKind::normal ? abi::MemoryKind::device : asked;
    if (frame->kind != kind) {
        differs("the mapping at {:#x} of {} is {} instead of {}\n", address, name(record.space),
                abi::name_of(frame->kind), abi::name_of(kind));
    }
}

void ReadBack::read_sched_contexts() {
    for (const auto& record : built_.system.records<image::SchedContextRecord>(image::SectionKind::sched_contexts)) {
        const auto found = inspected<sel::SchedContext>(record.object);
        if (!found) {
            continue;
        }
        compare_number("the budget", record.object, found->budget,
                       ticks_of(record.budget_us, built_.info.timer_frequency));
        compare_number("the period", record.object, found->period,
                       ticks_of(record.period_us, built_.info.timer_frequency));
        compare_number("the number of refills", record.object, found->refills, record.refills);
        compare_number("the core", record.object, found->core, record.core);
    }
}

void ReadBack::read_interrupts() {
    for (const auto& record : built_.system.records<image::InterruptRecord>(image::SectionKind::interrupts)) {
        const auto found = inspected<sel::InterruptHandler>(record.handler);
        if (!found) {
            continue;
        }
        const auto line = built_.devices.line_of(record);
        compare_number("the line", record.handler, found->line, line.value_or(0));
        if (line) {
            compare_number("the trigger", record.handler, static_cast<uint64_t>(found->trigger), record.trigger);
        }
    }
}

void ReadBack::read_threads() {
    for (const auto& record : built_.system.records<image::ThreadRecord>(image::SectionKind::threads)) {
        read_thread(record);
    }
}

void ReadBack::read_thread(const image::ThreadRecord& record) {
    const auto found = inspected<sel::Thread>(record.thread);
    if (!found) {
        return;
    }
    compare_number("the priority", record.thread, found->priority, record.priority);
    compare_number("the maximum priority", record.thread, found->maximum, record.maximum_priority);
    if (found->context != identity_of(record.sched_context)) {
        differs("{} does not run on {}\n", name(record.thread), TimeName{built_.system, record.sched_context});
    }
    if (found->notification != identity_of(record.notification)) {
        differs("the notification that is bound to {} is not the specified one\n", name(record.thread));
    }
    const bool has_task = record.task != image::none;
    compare_number("the state (1: stopped)", record.thread, found->stopped, has_task ? 1 : 0);
    if (has_task) {
        compare_number("the use of floating point", record.thread, static_cast<uint64_t>(found->floating_point),
                       record.floating_point);
        read_registers(record);
    }
}

/// Only a stopped thread can be asked.
void ReadBack::read_registers(const image::ThreadRecord& record) {
    constexpr uint64_t first_group = 0;
    constexpr uint64_t group_of_sp = 3;
    constexpr uint64_t group_of_pc = 4;
    const auto thread = built_.own.to<sel::Thread>(record.thread);
    const auto arguments = thread.read_registers(first_group);
    const auto stack = thread.read_registers(group_of_sp);
    const auto others = thread.read_registers(group_of_pc);
    if (!arguments || !stack || !others) {
        refused(record.thread, !arguments ? arguments.error() : !stack ? stack.error() : others.error());
        return;
    }
    const uint64_t found[] = {arguments->value0, arguments->value1, arguments->value2, arguments->value3,
                              arguments->value4, arguments->value5, arguments->value6, arguments->value7};
    for (uint32_t number = 0; number < image::start_arguments; ++number) {
        if (found[number] != record.arguments[number]) {
            differs("argument {} of {} is {:#x} instead of {:#x}\n", number, name(record.thread), found[number],
                    record.arguments[number]);
        }
    }
    compare_number("the stack pointer", record.thread, stack->value7, record.sp);
    compare_number("the entry", record.thread, others->value0, record.pc);
    compare_number("the thread pointer", record.thread, others->value1, record.tls);
}

}  // namespace capdl::loader
