// SPDX-License-Identifier: BSD-2-Clause
// A loader that stays: it reports the state of the system that it has started, each time it is asked to. Images for
// `./selene spec snapshot` have it in place of the one that is shipped.
//
// What it says is framed on the serial line, all numbers hexadecimal; platforms/snapshot.py finds it, observed_state.cpp of the
// compiler reads it. The ticket is the image's: no component knows it, so none can make a report. While one is being made,
// nothing else runs.
//
//     snapshot TICKET: begin FREQUENCY                   of the machine's counter, ticks a second
//     h TABLE SLOT PAGES                                 memory that was handed over to a table
//     s PLACE HOLDER INDEX TYPE RIGHTS OBJECT DETAIL SIZE DEPTH SLOT BEFORE      a slot that holds something; place 0: the
//                                                        origin of object number INDEX of the image, which is there then
//     m SPACE ADDRESS LEVEL TABLE FRAME SLOT RIGHTS KIND                         a mapping
//     t SPACE ADDRESS LEVEL TABLE                                                a page table
//     p THREAD STOPPED PRIORITY MAXIMUM CONTEXT NOTIFICATION
//     c CONTEXT BUDGET PERIOD CORE
//     n OBJECT IDENTITY                                  a number, behind those of the image, of something that was made since
//     snapshot TICKET: end LINES
//
// What was made since is found in tables, and looked into from there: the lines of a table come in the midst of the lines of
// the one that it was found in.
#include <array>
#include <atomic>

#include "loader.hpp"

namespace capdl::loader {

namespace {

using abi::ObjectType;
using image::SlotPlace;
using sel::CapIndex;

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t large_bytes = uint64_t{1} << 21;
constexpr uint64_t huge_bytes = uint64_t{1} << 30;
constexpr uint64_t address_limit = uint64_t{1} << 39;
constexpr uint64_t wait_microseconds = 1000;
constexpr uint64_t hour_seconds = 3600;

/// Whoever runs the machine writes here when the state is wanted; see platforms/snapshot.py.
alignas(page_bytes) constinit std::atomic<uint64_t> wanted[page_bytes / sizeof(uint64_t)]{};

/// Objects with something inside that are known: of more than half as many the rest is not looked into.
class Seen {
public:
    void clear() {
        identities_.fill(0);
        count_ = 0;
    }
    /// Whether it is new, and there is room for it.
    bool add(uint64_t identity) {
        if (identity == 0 || count_ == identities_.size() / 2) {
            return false;
        }
        size_t at = identity % identities_.size();
        for (; identities_[at] != 0; at = (at + 1) % identities_.size()) {
            if (identities_[at] == identity) {
                return false;
            }
        }
        identities_[at] = identity;
        ++count_;
        return true;
    }

private:
    std::array<uint64_t, 65536> identities_{};
    size_t count_ = 0;
};
constinit Seen seen{};

/// What is left to the loader when the system has everything else: slots of its own table.
struct Kept {
    uint64_t origins;  ///< a capability to the table that all origins are in
    uint64_t control;  ///< the boot core's schedule control
    uint64_t scratch;  ///< nothing, for what is looked at: one slot for each table within a table
};
constexpr uint64_t deepest = 16;
constinit Kept kept{};

/// Asks the kernel by inspection and prints what it says.
class Observer {
public:
    Observer(const abi::BootInfo& info, const SystemView& system, std::span<const MachineMemory::Piece> pieces,
             Report& report)
        : info_(info), system_(system), pieces_(pieces), report_(report) {
        for (const MachineMemory::Piece& piece : pieces_) {
            first_object_ += piece.receiver == image::none && piece.is_loaders == 0 ? 1 : 0;
        }
    }

    void print_state() {
        lines_ = 0;
        next_found_ = static_cast<uint32_t>(system_.objects().size()) + system_.header().extra_count;
        note_known();
        report_.print("\nsnapshot {:x}: begin {:x}\n", system_.header().ticket, info_.timer_frequency);
        for (const MachineMemory::Piece& piece : pieces_) {
            if (piece.receiver != image::none) {
                line("h {:x} {:x} {:x}\n", system_.handovers()[piece.receiver].table, piece.slot,
                     piece.bytes / page_bytes);
            }
        }
        for (const image::PlacedRecord& placed : system_.placed()) {
            print_object(placed.object, placed.type, placed.size);
        }
        for (const image::RunRecord& run : system_.runs()) {
            for (uint32_t object = run.first; object < run.first + run.count; ++object) {
                print_object(object, run.type, run.size);
            }
        }
        // What the loader has derived for the system is among the ancestors of what the system holds.
        const auto objects = static_cast<uint32_t>(system_.objects().size());
        for (uint32_t extra = objects; extra < objects + system_.header().extra_count; ++extra) {
            print_slot(SlotPlace::own, image::none, extra, origins().inspect(origin_of(extra)));
        }
        report_.print("snapshot {:x}: end {:x}\n", system_.header().ticket, lines_);
    }

    void sleep_until_wanted() {
        configure(info_.minimum_budget, wait_microseconds);
        while (wanted[0].load(std::memory_order_acquire) == 0) {}
        // From here on nothing else runs.
        configure(hour_seconds * info_.timer_frequency, hour_seconds * 1'000'000);
        wanted[0].store(0, std::memory_order_release);
    }

private:
    template <typename... Arguments>
    void line(sel::FormatFor<Arguments...> format, const Arguments&... arguments) {
        ++lines_;
        report_.print(format, arguments...);
    }

    static sel::CapTable own() { return MachineMemory::own_table(); }
    static sel::CapTable origins() { return sel::CapTable(CapIndex(kept.origins)); }
    template <class Capability>
    [[nodiscard]] Capability scratch() const {
        return Capability(CapIndex(kept.scratch + depth_));
    }

    /// What the image has is looked into as it comes, not from where it is found.
    void note_known() const {
        seen.clear();
        const auto objects = static_cast<uint32_t>(system_.objects().size());
        for (uint32_t object = 0; object < objects; ++object) {
            if (const auto origin = origins().inspect(origin_of(object)); origin && has_inside(origin->type)) {
                (void)seen.add(origin->object);
            }
        }
    }

    void configure(uint64_t budget, uint64_t period_us) const {
        (void)sel::ScheduleControl(CapIndex(kept.control))
            .configure({.context = sel::SchedContext(CapIndex(static_cast<uint64_t>(abi::BootSlot::sched_context))),
                        .budget = budget,
                        .period = period_us * info_.timer_frequency / 1'000'000,
                        .refills = 0});
    }

    /// Where store_origins() has put an object: behind the authorities and the machine's memory, the table itself last.
    [[nodiscard]] uint64_t origin_of(uint32_t object) const {
        const uint32_t table = system_.header().origins_table;
        const uint64_t all = system_.objects().size() + system_.header().extra_count;
        return first_object_ + (object == table ? all - 1 : object < table ? object : object - 1);
    }

    void print_slot(SlotPlace place, uint32_t holder, uint64_t index, const sel::Result<sel::stub::SlotReport>& found) {
        if (!found || found->type == ObjectType::empty) {
            return;
        }
        const auto number = [](auto word) { return static_cast<uint64_t>(word); };
        line("s {:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x}\n", number(place), holder, index,
             number(found->type), found->rights.raw(), found->object, found->detail, found->size, found->depth,
             found->slot, found->before);
    }

    void print_object(uint32_t object, uint32_t type, uint64_t size) {
        const auto origin = origins().inspect(origin_of(object));
        if (!origin || origin->type == ObjectType::empty) {
            return;
        }
        print_slot(SlotPlace::own, image::none, object, origin);
        const auto kind = static_cast<ObjectType>(type);
        if (object != system_.header().origins_table && has_inside(kind)) {
            look_into(object, kind, size, origins(), origin_of(object));
        }
    }

    /// By a capability of the own table for the time, derived from one that lies elsewhere.
    void look_into(uint32_t object, ObjectType type, uint64_t size, sel::CapTable table, uint64_t slot) {
        const uint64_t into = kept.scratch + depth_;
        if (own().map({.first = into,
                       .source = table,
                       .source_first = slot,
                       .count = 1,
                       .rights = abi::RightsMask(abi::Right::inspect) | abi::Right::read | abi::Right::write,
                       .badge = 0})) {
            print_inside(object, type, size);
            (void)own().unmap({.first = into, .count = 1, .root = abi::KeepRoot::self});
        }
    }

    /// Something in a slot of the table that is looked at, which the image may not have.
    void print_found(uint64_t slot, const sel::stub::SlotReport& found) {
        const auto rights = found.rights.raw();
        const bool may_look = (rights & static_cast<uint64_t>(abi::Right::inspect)) != 0;
        if (!has_inside(found.type) || !may_look || depth_ + 1 == deepest || !seen.add(found.object)) {
            return;
        }
        const uint32_t number = next_found_++;
        line("n {:x} {:x}\n", number, found.object);
        const auto table = scratch<sel::CapTable>();
        ++depth_;
        look_into(number, found.type, found.size, table, slot);
        --depth_;
    }

    static bool has_inside(ObjectType type) {
        return type == ObjectType::cap_table || type == ObjectType::task || type == ObjectType::thread ||
               type == ObjectType::address_space || type == ObjectType::sched_context ||
               type == ObjectType::interrupt_handler;
    }

    void print_inside(uint32_t object, ObjectType type, uint64_t size) {
        if (type == ObjectType::cap_table) {
            for (uint64_t slot = 0; slot < size; ++slot) {
                const auto found = scratch<sel::CapTable>().inspect(slot);
                print_slot(SlotPlace::table, object, slot, found);
                if (found) {
                    print_found(slot, *found);
                }
            }
        } else if (type == ObjectType::task) {
            for (const auto slot : {abi::TaskSlot::table, abi::TaskSlot::space, abi::TaskSlot::fault_endpoint,
                                    abi::TaskSlot::timeout_endpoint}) {
                print_slot(SlotPlace::task, object, static_cast<uint64_t>(slot), scratch<sel::Task>().inspect(slot));
            }
        } else if (type == ObjectType::thread) {
            print_thread(object);
        } else if (type == ObjectType::address_space) {
            print_space(object);
        } else if (type == ObjectType::interrupt_handler) {
            print_slot(SlotPlace::handler, object, 0, scratch<sel::InterruptHandler>().inspect_slot());
        } else if (const auto context = scratch<sel::SchedContext>().inspect(); context) {
            line("c {:x} {:x} {:x} {:x}\n", object, context->budget, context->period, context->core);
        }
    }

    void print_thread(uint32_t object) {
        const auto thread = scratch<sel::Thread>();
        if (const auto found = thread.inspect(); found) {
            line("p {:x} {:x} {:x} {:x} {:x} {:x}\n", object, found->stopped, found->priority, found->maximum,
                 found->context, found->notification);
        }
        for (const auto slot : {abi::ThreadSlot::task, abi::ThreadSlot::buffer}) {
            print_slot(SlotPlace::thread, object, static_cast<uint64_t>(slot), thread.inspect_slot(slot));
        }
    }

    /// Every entry of every table: inspection says how much lies between an address and the next one to ask for.
    void print_space(uint32_t object) {
        const auto space = scratch<sel::AddressSpace>();
        uint64_t table = 0;
        for (uint64_t address = 0; address < address_limit;) {
            const auto found = space.inspect(address);
            if (!found) {
                return;
            }
            if (found->level > 1 && found->table != table) {
                table = found->table;
                line("t {:x} {:x} {:x} {:x}\n", object, address, found->level, table);
            }
            if (found->frame != 0) {
                line("m {:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x}\n", object, address, found->level, found->table,
                     found->frame, found->slot, found->rights.raw(), static_cast<uint64_t>(found->kind));
            }
            const uint64_t entry = found->level == 1 ? huge_bytes : found->level == 2 ? large_bytes : page_bytes;
            address += entry;
        }
    }

    const abi::BootInfo& info_;
    const SystemView& system_;
    std::span<const MachineMemory::Piece> pieces_;
    Report& report_;
    uint64_t first_object_ = 3;  ///< in the origins table
    uint64_t lines_ = 0;
    uint64_t depth_ = 0;       ///< of tables within tables
    uint32_t next_found_ = 0;  ///< number
};

/// Where in physical memory a page of the loader's own lies.
uint64_t physical(const abi::BootInfo& info, const void* page) {
    for (uint64_t slot = static_cast<uint64_t>(abi::BootSlot::first_dynamic); slot < info.first_empty_slot; ++slot) {
        const auto held = MachineMemory::own_table().inspect(slot);
        if (held && held->type == ObjectType::frame && held->detail == reinterpret_cast<uint64_t>(page)) {
            const auto frame = sel::Frame(CapIndex(slot)).inspect();
            return frame ? frame->base : 0;
        }
    }
    return 0;
}

}  // namespace

const bool Loader::stays = true;

/// After the reading back, so that nothing of this is taken for a part of the system.
void Loader::reached(Step step) {
    const auto keep = [this](uint64_t source, abi::RightsMask rights) {
        const uint64_t slot = memory_.take_slot();
        return MachineMemory::own_table().map({.first = slot,
                                               .source = MachineMemory::own_table(),
                                               .source_first = source,
                                               .count = 1,
                                               .rights = rights,
                                               .badge = 0})
                   ? slot
                   : 0;
    };
    if (step == Step::read_back) {
        const auto look = abi::RightsMask(abi::Right::read) | abi::Right::inspect;
        kept = {
            .origins = keep(slot_of(system_.header().origins_table), look),
            .control = keep(slot_of(image::schedule_control), abi::RightsMask(abi::Right::read) | abi::Right::write),
            .scratch = memory_.take_slots(deepest)};
        serial_.keep();
    } else if (step == Step::started) {
        Observer observer(info_, system_, memory_.pieces(), report_);
        observer.print_state();
        report_.print("snapshot {:x}: waits at {:x}\n", system_.header().ticket, physical(info_, wanted));
        for (;;) {
            observer.sleep_until_wanted();
            observer.print_state();
        }
    }
}

}  // namespace capdl::loader
