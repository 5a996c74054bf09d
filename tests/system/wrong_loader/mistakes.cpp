// SPDX-License-Identifier: BSD-2-Clause
// The mistakes of a loader that is wrong: each a system call that it should not have made, between building and reading
// back, on what systems/wrong/wrong.cdl says. After each it reads back, so that the console shows what was noticed.
#include <algorithm>
#include <array>

#include "loader.hpp"

namespace capdl::loader {

namespace {

using abi::ObjectType;
using sel::CapIndex;

constexpr auto read_write = abi::RightsMask(abi::Right::read) | abi::Right::write;

/// The specification's objects by their names, in the loader's own table.
class Objects {
public:
    Objects(const SystemView& system, const OwnSlots& own) : system_(system), own_(own) {}

    [[nodiscard]] uint64_t slot(std::string_view name, uint32_t element = image::none) const {
        for (uint32_t object = 0; object < system_.objects().size(); ++object) {
            const ObjectName known = name_of(system_, object);
            if (known.name == name && known.element == element) {
                return own_.slot_of(object);
            }
        }
        return 0;
    }
    template <class Capability>
    [[nodiscard]] Capability to(std::string_view name, uint32_t element = image::none) const {
        return Capability(CapIndex(slot(name, element)));
    }

private:
    const SystemView& system_;
    const OwnSlots& own_;
};

sel::CapTable own() { return MachineMemory::own_table(); }

bool empty(sel::CapTable table, uint64_t slot) {
    return table.unmap({.first = slot, .count = 1, .root = abi::KeepRoot::self}).has_value();
}

/// Whatever was derived from a capability of the own table.
bool below_gone(uint64_t slot) {
    return own().unmap({.first = slot, .count = 1, .root = abi::KeepRoot::descendants}).has_value();
}

/// A capability to an object of the own table, into an empty slot.
struct Child {
    uint64_t of;
    uint64_t slot;
    abi::RightsMask rights;
    uint64_t badge = 0;
};

bool derive(sel::CapTable table, const Child& child) {
    return table
        .map({.first = child.slot,
              .source = own(),
              .source_first = child.of,
              .count = 1,
              .rights = child.rights,
              .badge = child.badge})
        .has_value();
}

bool replace(sel::CapTable table, const Child& child) { return empty(table, child.slot) && derive(table, child); }

bool remake(const Objects& objects, std::string_view name, ObjectType type, uint64_t size) {
    const uint64_t slot = objects.slot(name);
    return empty(own(), slot) && objects.to<sel::Untyped>("spare")
                                     .retype({.type = type, .size = size, .count = 1, .table = own(), .first = slot})
                                     .has_value();
}

bool map_page(const Objects& objects, uint32_t page, uint64_t address, abi::MemoryKind kind) {
    return objects.to<sel::AddressSpace>("space")
        .map({.frames = own(),
              .first = objects.slot("page", page),
              .count = 1,
              .address = address,
              .rights = read_write,
              .kind = kind})
        .has_value();
}

bool unmap_page(const Objects& objects, uint32_t page) {
    return objects.to<sel::AddressSpace>("space")
        .unmap({.frames = own(), .first = objects.slot("page", page), .count = 1})
        .has_value();
}

bool set_register(const Objects& objects, uint64_t number, uint64_t value) {
    return objects.to<sel::Thread>("thread")
        .write_registers(
            {.first = number, .count = 1, .value0 = value, .value1 = 0, .value2 = 0, .value3 = 0, .value4 = 0})
        .has_value();
}

bool set_time(const Objects& objects, std::string_view name, uint64_t budget, uint64_t period, uint64_t refills) {
    return sel::ScheduleControl(CapIndex(static_cast<uint64_t>(abi::BootSlot::schedule_control)))
        .configure(
            {.context = objects.to<sel::SchedContext>(name), .budget = budget, .period = period, .refills = refills})
        .has_value();
}

bool set_priority(const Objects& objects, std::string_view name, uint8_t priority, uint8_t maximum) {
    const sel::Thread self{CapIndex(static_cast<uint64_t>(abi::BootSlot::thread))};
    return objects.to<sel::Thread>(name)
        .set_priority({.priority = priority, .maximum = maximum, .authority = self})
        .has_value();
}

/// The device frame in this slot, once more, from what has been handed over of the devices.
bool make_elsewhere(MachineMemory& memory, const SystemView& system, const OwnSlots& slots, uint64_t slot) {
    for (const MachineMemory::Piece& piece : memory.pieces()) {
        if (piece.is_device == 0 || piece.receiver == image::none) {
            continue;
        }
        const uint64_t taken = memory.take_slot();
        const auto table = slots.to<sel::CapTable>(system.handovers()[piece.receiver].table);
        return empty(own(), slot) &&
               own().grant({.first = taken, .source = table, .source_first = piece.slot, .count = 1}) &&
               sel::Untyped(CapIndex(taken))
                   .retype({.type = ObjectType::frame, .size = 12, .count = 1, .table = own(), .first = slot});
    }
    return false;
}

/// What lies in a slot of the own table, made anew from memory that the receiver has got.
bool make_from_handed_over(MachineMemory& memory, const SystemView& system, const OwnSlots& slots, uint64_t slot,
                           ObjectType type, uint64_t size) {
    bool made = false;
    if (!empty(own(), slot)) {
        return made;
    }
    for (const MachineMemory::Piece& piece : memory.pieces()) {
        if (made || piece.is_device != 0 || piece.is_loaders != 0 || piece.receiver == image::none) {
            continue;
        }
        const uint64_t taken = memory.take_slot();
        const auto table = slots.to<sel::CapTable>(system.handovers()[piece.receiver].table);
        if (own().grant({.first = taken, .source = table, .source_first = piece.slot, .count = 1})) {
            made = sel::Untyped(CapIndex(taken))
                       .retype({.type = type, .size = size, .count = 1, .table = own(), .first = slot})
                       .has_value();
            (void)table.grant({.first = piece.slot, .source = own(), .source_first = taken, .count = 1});
        }
    }
    return made;
}

/// Two pieces of one size that were handed over, each in the other's slot.
bool exchange_handed_over(MachineMemory& memory, const SystemView& system, const OwnSlots& slots) {
    const auto pieces = memory.pieces();
    for (auto one = pieces.begin(); one != pieces.end(); ++one) {
        const auto other = std::find_if(one + 1, pieces.end(), [&](const MachineMemory::Piece& piece) {
            return one->receiver != image::none && piece.receiver == one->receiver && piece.bytes == one->bytes &&
                   piece.is_device == one->is_device;
        });
        if (other == pieces.end()) {
            continue;
        }
        const auto table = slots.to<sel::CapTable>(system.handovers()[one->receiver].table);
        const uint64_t taken = memory.take_slot();
        return own().grant({.first = taken, .source = table, .source_first = one->slot, .count = 1}) &&
               table.grant({.first = one->slot, .source = table, .source_first = other->slot, .count = 1}) &&
               table.grant({.first = other->slot, .source = own(), .source_first = taken, .count = 1});
    }
    return false;
}

/// A child of what the kernel has last in its list: the first page of the device tree.
bool derive_from_last(const abi::BootInfo& info, sel::CapTable table, uint64_t into) {
    for (uint64_t slot = 0; slot < info.first_empty_slot; ++slot) {
        const auto held = own().inspect(slot);
        if (held && held->type == ObjectType::frame && held->detail == info.device_tree_address) {
            return derive(table, {.of = slot, .slot = into, .rights = abi::Right::read});
        }
    }
    return false;
}

struct Mistake {
    std::string_view name;
    bool (*make)(const Objects& objects);
};

constexpr std::array slot_mistakes{
    Mistake{"a capability too many",
            [](const Objects& o) {
                return derive(o.to<sel::CapTable>("table"), {.of = o.slot("bell"), .slot = 20, .rights = read_write});
            }},
    Mistake{"a capability too few", [](const Objects& o) { return empty(o.to<sel::CapTable>("table"), 5); }},
    Mistake{"other rights",
            [](const Objects& o) {
                return replace(o.to<sel::CapTable>("table"),
                               {.of = o.slot("answers"), .slot = 4, .rights = abi::Right::write});
            }},
    Mistake{"another badge",
            [](const Objects& o) {
                return replace(o.to<sel::CapTable>("table"),
                               {.of = o.slot("gong"), .slot = 6, .rights = abi::Right::write, .badge = 3});
            }},
    Mistake{"another parent",
            [](const Objects& o) {
                return replace(o.to<sel::CapTable>("table"),
                               {.of = o.slot("requests"), .slot = 3, .rights = abi::Right::write, .badge = 8});
            }},
    Mistake{"another object",
            [](const Objects& o) {
                return replace(o.to<sel::CapTable>("table"),
                               {.of = o.slot("answers"), .slot = 7, .rights = abi::Right::write});
            }},
    Mistake{"another guard",
            [](const Objects& o) {
                return replace(
                    o.to<sel::CapTable>("table"),
                    {.of = o.slot("short"), .slot = 8, .rights = read_write, .badge = uint64_t{2} << 6 | 61});
            }},
    Mistake{"another slot",
            [](const Objects& o) {
                const auto table = o.to<sel::CapTable>("table");
                return table.grant({.first = 21, .source = table, .source_first = 11, .count = 1}).has_value();
            }},
    Mistake{"another type",
            [](const Objects& o) {
                return replace(o.to<sel::CapTable>("table"), {.of = o.slot("bell"), .slot = 10, .rights = read_write});
            }},
    Mistake{"no object", [](const Objects& o) { return empty(own(), o.slot("lost")); }},
    Mistake{"an object too many",
            [](const Objects& o) {
                return o.to<sel::Untyped>("spare")
                    .retype({.type = ObjectType::endpoint,
                             .size = 0,
                             .count = 1,
                             .table = o.to<sel::CapTable>("receiver"),
                             .first = 200})
                    .has_value();
            }},
    Mistake{"memory that was not handed over",
            [](const Objects& o) { return empty(o.to<sel::CapTable>("receiver"), 4); }},
};

constexpr std::array memory_mistakes{
    Mistake{"another address",
            [](const Objects& o) { return unmap_page(o, 1) && map_page(o, 1, 0x410000, abi::MemoryKind::normal); }},
    Mistake{"other rights of a mapping",
            [](const Objects& o) {
                return o.to<sel::AddressSpace>("space")
                    .protect({.frames = own(), .first = o.slot("page", 2), .count = 1, .rights = abi::Right::read})
                    .has_value();
            }},
    Mistake{"another kind of memory",
            [](const Objects& o) { return unmap_page(o, 3) && map_page(o, 3, 0x403000, abi::MemoryKind::uncached); }},
    Mistake{"no mapping", [](const Objects& o) { return unmap_page(o, 4); }},
    Mistake{"a mapping too many", [](const Objects& o) { return map_page(o, 6, 0x420000, abi::MemoryKind::normal); }},
    Mistake{"no page table", [](const Objects& o) { return remake(o, "unhung", ObjectType::page_table, 0); }},
    Mistake{"a page table elsewhere",
            [](const Objects& o) {
                return o.to<sel::AddressSpace>("space").map_table(o.to<sel::PageTable>("unhung"), 0xa00000).has_value();
            }},
    Mistake{"a page table too many",
            [](const Objects& o) {
                return o.to<sel::AddressSpace>("space").map_table(o.to<sel::PageTable>("unused"), 0x800000).has_value();
            }},
};

constexpr std::array thread_mistakes{
    Mistake{"another fault endpoint",
            [](const Objects& o) {
                const auto task = o.to<sel::Task>("thread.task");
                return task.remove(abi::TaskSlot::fault_endpoint) &&
                       task.install(abi::TaskSlot::fault_endpoint, o.to<sel::stub::Capability>("faults"));
            }},
    Mistake{"no time-out endpoint",
            [](const Objects& o) {
                return o.to<sel::Task>("thread.task").remove(abi::TaskSlot::timeout_endpoint).has_value();
            }},
    Mistake{"a fault endpoint too many",
            [](const Objects& o) {
                return o.to<sel::Task>("late.task")
                    .install(abi::TaskSlot::fault_endpoint, o.to<sel::stub::Capability>("requests"))
                    .has_value();
            }},
    Mistake{"another table",
            [](const Objects& o) {
                const auto task = o.to<sel::Task>("guard.task");
                return task.remove(abi::TaskSlot::table) &&
                       task.install(abi::TaskSlot::table, o.to<sel::stub::Capability>("receiver"));
            }},
    Mistake{"another space",
            [](const Objects& o) {
                const auto task = o.to<sel::Task>("guard.task");
                return task.remove(abi::TaskSlot::space) &&
                       task.install(abi::TaskSlot::space, o.to<sel::stub::Capability>("elsewhere"));
            }},
    Mistake{"another task",
            [](const Objects& o) {
                return below_gone(o.slot("late.task")) &&
                       o.to<sel::Thread>("late").bind_task(o.to<sel::Task>("guard.task"));
            }},
    Mistake{"another place of a buffer",
            [](const Objects& o) {
                return below_gone(o.slot("buffer")) &&
                       o.to<sel::Thread>("thread").set_buffer(o.to<sel::Frame>("buffer"), 1024);
            }},
    Mistake{"no buffer", [](const Objects& o) { return below_gone(o.slot("buffer")); }},
    Mistake{"another priority", [](const Objects& o) { return set_priority(o, "thread", 101, 120); }},
    Mistake{"another maximum", [](const Objects& o) { return set_priority(o, "guard", 90, 255); }},
    Mistake{"another entry", [](const Objects& o) { return set_register(o, 32, 0x400004); }},
    Mistake{"another stack", [](const Objects& o) { return set_register(o, 31, 0x500010); }},
    Mistake{"another argument", [](const Objects& o) { return set_register(o, 1, 13); }},
    Mistake{"another thread pointer", [](const Objects& o) { return set_register(o, 33, 0x600008); }},
    Mistake{"another notification",
            [](const Objects& o) {
                return o.to<sel::Notification>("gong").unbind() &&
                       o.to<sel::Notification>("bell").bind(o.to<sel::Thread>("thread"));
            }},
    Mistake{"another period", [](const Objects& o) { return set_time(o, "late_time", 1'000'000, 2'000'000, 6); }},
    Mistake{"another budget", [](const Objects& o) { return set_time(o, "guard_time", 1'000'000, 2'000'000, 3); }},
    Mistake{"another context",
            [](const Objects& o) {
                const auto time = o.to<sel::SchedContext>("thread_time");
                const auto other = o.to<sel::SchedContext>("guard_time");
                return time.unbind() && other.unbind() && time.bind(o.to<sel::Thread>("guard"));
            }},
    Mistake{"another signal",
            [](const Objects& o) {
                const auto handler = o.to<sel::InterruptHandler>("clock");
                return handler.unbind() && handler.bind(o.to<sel::Notification>("gong"));
            }},
    Mistake{"no signal", [](const Objects& o) { return o.to<sel::InterruptHandler>("alarm").unbind().has_value(); }},
    Mistake{"another line",
            [](const Objects& o) {
                const sel::InterruptControl control{CapIndex(static_cast<uint64_t>(abi::BootSlot::interrupt_control))};
                return remake(o, "alarm", ObjectType::interrupt_handler, 0) &&
                       control.issue({.handler = o.to<sel::InterruptHandler>("alarm"),
                                      .line = 60,
                                      .trigger = abi::Trigger::edge});
            }},
    Mistake{"another size", [](const Objects& o) { return remake(o, "short", ObjectType::cap_table, 4); }},
    Mistake{"a thread that runs", [](const Objects& o) { return o.to<sel::Thread>("late").resume().has_value(); }},
    Mistake{"another use of floating point",
            [](const Objects& o) {
                // A thread is started once, so it has to be another one.
                const auto late = o.to<sel::Thread>("late");
                return remake(o, "late", ObjectType::thread, 0) && late.bind_task(o.to<sel::Task>("late.task")) &&
                       late.suspend() &&
                       late.start({.pc = 0x400000,
                                   .sp = 0x500000,
                                   .argument0 = 0,
                                   .argument1 = 0,
                                   .tls = 0,
                                   .floating_point = abi::FloatingPoint::refused});
            }},
};

}  // namespace

const bool Loader::stays = false;

/// What a mistake leads to must be new: that the same has been found before proves nothing.
void Loader::reached(Step step) {
    if (step != Step::built) {
        return;
    }
    const Objects objects(system_, own_);
    const auto make_all = [&](std::span<const Mistake> mistakes) {
        for (const Mistake& mistake : mistakes) {
            const bool made = mistake.make(objects);
            report_.print("{}: {}\n", made ? "mistake" : "cannot be made", mistake.name);
            (void)read_back();
        }
    };
    make_all(slot_mistakes);
    make_all(memory_mistakes);
    make_all(thread_mistakes);
    const auto say = [this](std::string_view name, bool made) {
        report_.print("{}: {}\n", made ? "mistake" : "cannot be made", name);
        (void)read_back();
    };
    say("a child of the last of all", derive_from_last(info_, objects.to<sel::CapTable>("table"), 24));
    say("two pieces of memory exchanged", exchange_handed_over(memory_, system_, own_));
    say("an object out of memory that is handed over",
        make_from_handed_over(memory_, system_, own_, objects.slot("faults"), ObjectType::endpoint, 0));
    say("an untyped out of memory that is handed over",
        make_from_handed_over(memory_, system_, own_, objects.slot("spare"), ObjectType::untyped, 16));
    say("another place", make_elsewhere(memory_, system_, own_, objects.slot("fixed")));
}

}  // namespace capdl::loader
