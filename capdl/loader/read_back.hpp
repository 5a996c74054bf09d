// SPDX-License-Identifier: BSD-2-Clause
// Reading back: whether the kernel's state is what the specification says, before anything of it runs.
#pragma once

#include "device_binding.hpp"
#include "machine_memory.hpp"
#include "own_slots.hpp"
#include "report.hpp"
#include "system_view.hpp"

namespace capdl::loader {

/// What the loader has built, and with what.
struct Built {
    const abi::BootInfo& info;
    const SystemView& system;
    const OwnSlots& own;
    const DeviceBinding& devices;
    std::span<const MachineMemory::Piece> pieces;
    uint64_t first_scratch;  ///< slots of the own table from here
    uint64_t next_scratch;   ///< to here are the loader's
    uint64_t report_slot;    ///< of these: what the loader speaks through
    uint64_t last_slot;      ///< of these: what is the last in the kernel's list
};

/// Asks the kernel by inspection and compares. Slots come in the order of the derivation tree, which the kernel keeps as
/// one list: each report names the slot before. So one pass, without any memory, sees that every slot holds what it should
/// and descends from what it should.
///
/// That there is *nothing else* a sum tells: of the identities of all slots that ought to hold something, the loader's own
/// included, less those of the slots that are before them in the list, only the last one's remains. A capability that
/// nobody knows of leaves its own. So that none follows upon the last one, that is one which the loader has derived for
/// this, before all others, and takes the children from.
///
/// What differs is reported by the specification's names, all of it.
class ReadBack {
public:
    ReadBack(const Built& built, Report& report) : built_(built), report_(report) {}

    /// The number of differences.
    [[nodiscard]] uint64_t run();

private:
    using SlotReport = sel::stub::SlotReport;

    // --- Slots (read_back.cpp) ---
    void read_slots();
    void compare(const image::SlotRecord& expected, const SlotReport& found);
    void compare_place(const image::SlotRecord& expected, const SlotReport& found);
    [[nodiscard]] bool is_left_out(const image::SlotRecord& expected) const;
    void read_handed_over();
    void find_memory();
    void compare_memory(const image::SlotRecord& expected, const SlotReport& found);
    void read_own_slots();
    void read_own(const sel::Result<SlotReport>& found);
    void count(const SlotReport& found) { sum_ += found.slot - found.before; }
    [[nodiscard]] sel::Result<SlotReport> look(const image::SlotRecord& at) const;

    // --- What is not in the specification (read_back_strays.cpp) ---
    void name_strays();
    void name_strays_of(uint32_t holder, image::SlotPlace place, uint64_t slots);
    [[nodiscard]] bool is_expected(const image::SlotRecord& at) const;
    [[nodiscard]] const image::SlotRecord* known_as(uint64_t slot) const;

    // --- Parameters (read_back_objects.cpp) ---
    void read_places();
    void read_tables();
    void name_tables();
    void name_tables_of(uint32_t space);
    [[nodiscard]] bool is_expected_table(uint32_t space, uint64_t address, uint64_t identity) const;
    void read_mappings();
    void read_mapping(const image::MappingRecord& record, uint64_t number, uint64_t space);
    void read_sched_contexts();
    void read_interrupts();
    void read_threads();
    void read_thread(const image::ThreadRecord& record);
    void read_registers(const image::ThreadRecord& record);
    [[nodiscard]] uint64_t identity_of(uint32_t object) const;

    // --- Words ---
    [[nodiscard]] ObjectName name(uint32_t object) const { return name_of(built_.system, object); }
    /// One difference.
    template <typename... Arguments>
    void differs(sel::FormatFor<Arguments...> format, const Arguments&... arguments) {
        ++differences_;
        report_.print("loader: ");
        report_.print(format, arguments...);
    }
    /// The same, of a number of an object's.
    void compare_number(std::string_view what, uint32_t object, uint64_t found, uint64_t expected) {
        if (found != expected) {
            differs("{} of {} is {:#x} instead of {:#x}\n", what, name(object), found, expected);
        }
    }
    /// An inspection that was refused.
    void refused(uint32_t object, const sel::Error& error) {
        differs("{} cannot be looked at: {}\n", name(object), error);
    }
    /// What an object says of itself; that it says nothing is a difference.
    template <class Capability>
    [[nodiscard]] auto inspected(uint32_t object) {
        const auto found = built_.own.to<Capability>(object).inspect();
        if (!found) {
            refused(object, found.error());
        }
        return found;
    }

    Built built_;
    Report& report_;
    uint64_t differences_ = 0;
    uint64_t sum_ = 0;         ///< see above
    uint64_t last_ = 0;        ///< the slot at the end of the list
    uint64_t origin_ = 0;      ///< the object whose capabilities come now
    uint64_t base_depth_ = 0;  ///< of what comes now
    uint64_t previous_ = 0;    ///< the slot looked at before
    uint64_t before_that_ = 0;
    uint64_t report_slot_ = 0;  ///< the loader's own child of the serial line's frame
};

}  // namespace capdl::loader
