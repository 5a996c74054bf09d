// SPDX-License-Identifier: BSD-2-Clause
// The loader: the first task, which builds the system that its image describes and then makes way for it.
#pragma once

#include <sel/handover_format.hpp>

#include "device_binding.hpp"
#include "machine_memory.hpp"
#include "own_slots.hpp"
#include "read_back.hpp"
#include "report.hpp"
#include "serial_page.hpp"
#include "system_builder.hpp"
#include "system_view.hpp"
#include "window.hpp"

namespace capdl::loader {

/// One pass over each section of the image, in an order in which everything stands on what is there already. All it
/// makes has its origin in the loader's own table, object n in slot base + n, until the system is complete. Without a
/// heap: what it needs of memory, its table among it, is in proportion to the image.
///
///     build, hand over ── read back ── start ── store the origins
///                             └ anything differs: undo
///
/// The system calls that build are SystemBuilder's, but for what concerns the machine: its memory and its devices.
///
/// A step that fails has reported why, by the names of the specification; nothing of the system has been started then.
class Loader {
public:
    Loader(const abi::BootInfo& info, const SystemView& system, Report& report);

    /// Does what the image asks for: builds, hands over, reads back and starts the system, or all but the last.
    /// Whether all of it went well; if not, nothing has been started, and the machine's memory is as it was.
    [[nodiscard]] bool run();
    /// Where nothing has been started: says so, and switches the machine off.
    void end(std::string_view last_words);

private:
    [[nodiscard]] bool build();
    [[nodiscard]] bool end_list();
    /// What the loader has done so far.
    enum class Step : uint8_t { nothing, built, read_back, started };
    /// Called at each step. Where a test's loader does what it shall be caught at, or where it is measured; the one that is
    /// shipped does nothing (no_interlude.cpp).
    void reached(Step step);
    /// Whether it stays: then nobody is given what it lies in. Defined beside reached().
    static const bool stays;
    [[nodiscard]] bool read_back();
    [[nodiscard]] bool start();
    bool undo();

    // --- Objects (loader_objects.cpp) ---
    /// Whether this machine has all that it has to have at some place. What it does not have is reported later: the serial
    /// line may be among the rest.
    [[nodiscard]] bool make_placed();
    void refuse_placed();
    [[nodiscard]] bool make_runs();
    [[nodiscard]] bool issue_interrupts();
    void open_report();
    void name_missing_cores();

    // --- Contents (loader_memory.cpp) ---
    void fill(const image::FillRecord& record, uint64_t address) const;

    // --- The rest (handover.cpp) ---
    [[nodiscard]] bool hand_over();
    [[nodiscard]] bool cut_for(uint32_t receiver);
    [[nodiscard]] bool describe_and_grant(uint32_t receiver);
    [[nodiscard]] bool write_description(uint32_t receiver);
    [[nodiscard]] bool write_page(const image::FillRecord& page, const sel::HandedOverHeader& header);
    void take_back_own_memory();
    [[nodiscard]] bool grant_untypeds();
    [[nodiscard]] bool store_origins();

    // --- Names ---
    [[nodiscard]] uint64_t slot_of(uint64_t source) const { return own_.slot_of(source); }
    template <class Capability>
    [[nodiscard]] Capability to(uint64_t source) const {
        return own_.to<Capability>(source);
    }
    [[nodiscard]] ObjectName name(uint32_t object) const { return name_of(system_, object); }
    /// Reports what was refused, about which object; false for the caller to return.
    bool refuse(std::string_view what, uint32_t object, const sel::Error& error);
    bool done(const Outcome& outcome) {
        return outcome || refuse(outcome.error().what, outcome.error().object, outcome.error().error);
    }

    const abi::BootInfo& info_;
    const SystemView& system_;
    Report& report_;
    OwnSlots own_;
    SystemBuilder builder_;
    DeviceBinding devices_;
    MachineMemory memory_;
    Window window_;
    uint64_t last_slot_ = 0;  ///< of the own table: see end_list()
    SerialPage serial_;
};

}  // namespace capdl::loader
