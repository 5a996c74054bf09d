// SPDX-License-Identifier: BSD-2-Clause
// Reading back: every slot, and where it stands in the derivation tree.
#include "read_back.hpp"

#include <algorithm>
#include <array>

#include "abi/names.hpp"

namespace capdl::loader {

using image::SlotPlace;
using image::SlotRecord;

namespace {

abi::ObjectType type_of(const SlotRecord& record) { return static_cast<abi::ObjectType>(record.type); }

bool has_badge(abi::ObjectType type) {
    return type == abi::ObjectType::endpoint || type == abi::ObjectType::notification;
}

/// What the kernel's report calls a detail.
std::string_view detail_of(const SlotRecord& record) {
    const abi::ObjectType type = type_of(record);
    return has_badge(type)                      ? "badge"
           : type == abi::ObjectType::cap_table ? "guard"
           : record.place == SlotPlace::thread  ? "offset"
           : type == abi::ObjectType::frame     ? "mapped address"
                                                : "detail";
}

/// The pieces of the machine's memory, as the kernel names their slots. The image says how many there can be; of more, only
/// these are looked at.
struct Memory {
    uint64_t slot;
    uint64_t depth;
    bool is_given;  ///< handed over to somebody
};
constinit std::array<Memory, 1024> memory{};
constinit size_t memory_count = 0;

}  // namespace

uint64_t ReadBack::run() {
    (void)MachineMemory::own_table().unmap({.first = built_.last_slot, .count = 1, .root = abi::KeepRoot::descendants});
    read_own_slots();
    find_memory();
    read_slots();
    read_handed_over();
    read_places();
    read_tables();
    read_mappings();
    read_sched_contexts();
    read_interrupts();
    read_threads();
    if (sum_ != last_) {
        name_strays();
    }
    return differences_;
}

sel::Result<ReadBack::SlotReport> ReadBack::look(const SlotRecord& at) const {
    switch (at.place) {
    case SlotPlace::own: return MachineMemory::own_table().inspect(built_.own.slot_of(at.index));
    case SlotPlace::table: return built_.own.to<sel::CapTable>(at.holder).inspect(at.index);
    case SlotPlace::task: return built_.own.to<sel::Task>(at.holder).inspect(static_cast<abi::TaskSlot>(at.index));
    case SlotPlace::thread:
        return built_.own.to<sel::Thread>(at.holder).inspect_slot(static_cast<abi::ThreadSlot>(at.index));
    case SlotPlace::handler: return built_.own.to<sel::InterruptHandler>(at.holder).inspect_slot();
    }
    __builtin_unreachable();
}

/// An interrupt of a device that may be missing, and is, has no line and no notification.
bool ReadBack::is_left_out(const SlotRecord& expected) const {
    if (expected.place != SlotPlace::handler) {
        return false;
    }
    for (const auto& record : built_.system.records<image::InterruptRecord>(image::SectionKind::interrupts)) {
        if (record.handler == expected.holder) {
            return record.optional != 0 && !built_.devices.line_of(record);
        }
    }
    return false;
}

void ReadBack::read_slots() {
    for (const SlotRecord& expected : built_.system.slots()) {
        const auto found = look(expected);
        if (!found) {
            differs("{} cannot be looked at: {}\n", SlotName{built_.system, expected}, found.error());
        } else if (found->type != abi::ObjectType::empty) {
            compare(expected, *found);
        } else if (!is_left_out(expected)) {
            differs("{} is missing\n", SlotName{built_.system, expected});
        }
    }
}

void ReadBack::compare(const SlotRecord& expected, const SlotReport& found) {
    const SlotName at{built_.system, expected};
    const bool is_authority = expected.object >= image::authority_base;
    if (expected.place != SlotPlace::own || !is_authority) {
        count(found);  // the others are among the loader's own
    }
    if (expected.place == SlotPlace::own && expected.index == expected.object) {
        origin_ = found.object;
    }
    if (found.type != type_of(expected)) {
        differs("{} is to {} instead of {}\n", at, abi::name_of(found.type), abi::name_of(type_of(expected)));
    } else if (found.object != origin_) {
        differs("{} is to another object than {}\n", at, ObjectName{name(expected.object)});
    }
    const uint64_t rights = found.rights.raw();
    if (rights != expected.rights) {
        differs("{} has the rights {} instead of {}\n", at, RightsName{rights}, RightsName{expected.rights});
    }
    if (found.detail != expected.detail) {
        differs("{}: the {} is {:#x} instead of {:#x}\n", at, detail_of(expected), found.detail, expected.detail);
    }
    if (found.size != expected.size) {
        differs("{}: the size is {:#x} instead of {:#x}\n", at, found.size, expected.size);
    }
    compare_place(expected, found);
}

/// Where something begins that was made from the machine's memory, the machine's memory decides what is before it.
void ReadBack::compare_place(const SlotRecord& expected, const SlotReport& found) {
    const uint64_t before = previous_;
    previous_ = found.slot;
    const SlotName at{built_.system, expected};
    // Behind the specification's slot before there is no memory.
    if (found.before != before) {
        compare_memory(expected, found);
    }
    if (expected.depth == 0) {
        base_depth_ = found.depth;
        return;
    }
    if (found.depth != base_depth_ + expected.depth) {
        differs("{} has another parent: it is {} below the machine's memory instead of {}\n", at,
                found.depth - base_depth_, expected.depth);
    }
    const bool follows = found.before == before || found.before == before_that_ || found.before == report_slot_;
    before_that_ = follows ? 0 : before;
    if (follows) {
        return;
    }
    if (const SlotRecord* other = known_as(found.before)) {
        differs("{} has another place in the derivation tree: it comes after {}\n", at,
                SlotName{built_.system, *other});
    }
}

void ReadBack::find_memory() {
    memory_count = 0;
    for (const MachineMemory::Piece& piece : built_.pieces) {
        if (memory_count == memory.size()) {
            return;
        }
        const bool is_given = piece.receiver != image::none;
        const auto table = is_given ? built_.own.to<sel::CapTable>(built_.system.handovers()[piece.receiver].table)
                                    : MachineMemory::own_table();
        if (const auto found = table.inspect(piece.slot); found) {
            memory[memory_count++] = {found->slot, found->depth, is_given};
        }
    }
}

/// What comes right after memory and is deeper is made from it.
void ReadBack::compare_memory(const SlotRecord& expected, const SlotReport& found) {
    for (const Memory& piece : std::span(memory).first(memory_count)) {
        if (piece.slot != found.before || found.depth <= piece.depth) {
            continue;
        }
        if (piece.is_given) {
            differs("{} is made from memory that is handed over\n", SlotName{built_.system, expected});
        } else if (expected.depth != 0) {
            differs("{} is made from the machine's memory\n", SlotName{built_.system, expected});
        }
    }
}

/// The machine's own, which the loader lies in, as they were; the others cut off from these.
void ReadBack::read_handed_over() {
    const auto machines = MachineMemory::own_table().inspect(static_cast<uint64_t>(abi::BootSlot::interrupt_control));
    const uint64_t root_depth = machines ? machines->depth : 0;
    for (const MachineMemory::Piece& piece : built_.pieces) {
        if (piece.receiver == image::none) {
            continue;
        }
        const uint32_t table = built_.system.handovers()[piece.receiver].table;
        const auto found = built_.own.to<sel::CapTable>(table).inspect(piece.slot);
        if (!found || found->type != abi::ObjectType::untyped || found->size != piece.bytes / image::page_size ||
            found->object != piece.identity) {
            differs("slot {} of {} does not hold the {:#x} bytes of memory at {:#x}\n", piece.slot, name(table),
                    piece.bytes, piece.base);
        } else if ((found->depth == root_depth) != (piece.is_root != 0)) {
            differs("slot {} of {} is what the system is made from, not what is left of it\n", piece.slot, name(table));
        }
        if (found && found->type != abi::ObjectType::empty) {
            count(*found);
        }
    }
}

/// All that the loader has of its own, the machine's memory and authorities included, and what its task and thread hold.
void ReadBack::read_own_slots() {
    const auto read = [&](uint64_t first, uint64_t end) {
        for (uint64_t slot = first; slot < end; ++slot) {
            const auto found = MachineMemory::own_table().inspect(slot);
            if (!found || found->type == abi::ObjectType::empty) {
                continue;
            }
            count(*found);
            last_ = slot == built_.last_slot ? found->slot : last_;
        }
    };
    read(0, built_.own.slot_of(0));
    read(built_.first_scratch, built_.next_scratch);
    const sel::Task task{sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::task))};
    const sel::Thread thread{sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::thread))};
    read_own(task.inspect(abi::TaskSlot::table));
    read_own(task.inspect(abi::TaskSlot::space));
    read_own(thread.inspect_slot(abi::ThreadSlot::task));
    read_own(thread.inspect_slot(abi::ThreadSlot::buffer));
    if (const auto serial = MachineMemory::own_table().inspect(built_.report_slot); serial) {
        report_slot_ = serial->slot;
    }
}

void ReadBack::read_own(const sel::Result<SlotReport>& found) {
    if (found && found->type != abi::ObjectType::empty) {
        count(*found);
    }
}

}  // namespace capdl::loader
