// SPDX-License-Identifier: BSD-2-Clause
// The loader: the first task, which builds the system that its image describes and then makes way for it.
#pragma once

#include "device_names.hpp"
#include "machine_memory.hpp"
#include "report.hpp"
#include "system_view.hpp"
#include "window.hpp"

namespace capdl::loader {

/// One pass over each section of the image, in an order in which everything stands on what is there already. All it
/// makes has its origin in the loader's own table, object n in slot base + n, until the system is complete. Without a
/// heap: what it needs of memory, its table among it, is in proportion to the image.
///
/// A step that fails has reported why, by the names of the specification; nothing of the system has been started then.
class Loader {
public:
    Loader(const abi::BootInfo& info, const SystemView& system, Report& report);

    /// Builds, hands over and starts the system. Whether all of it went well.
    [[nodiscard]] bool run();

private:
    // --- Objects (loader_objects.cpp) ---
    /// The first that this machine cannot have, null if it has all. It is reported later: the serial line may be one of
    /// those that come before it.
    [[nodiscard]] const image::PlacedRecord* make_placed();
    bool refuse_placed(const image::PlacedRecord& record);
    [[nodiscard]] bool make_runs();
    [[nodiscard]] bool make_extras_and_capabilities();
    void open_report();
    void name_missing_cores();
    /// Where a placed object lies: at an address of the specification's, or where a device of this machine has its
    /// registers.
    [[nodiscard]] std::optional<uint64_t> address_of(const image::PlacedRecord& record) const;

    // --- Memory (loader_memory.cpp) ---
    [[nodiscard]] bool fill_frames();
    [[nodiscard]] bool hang_tables();
    [[nodiscard]] bool map_frames();
    void fill(const image::FillRecord& record, uint64_t address) const;

    // --- Threads (loader_threads.cpp) ---
    [[nodiscard]] bool install_tasks();
    [[nodiscard]] bool configure_sched_contexts();
    [[nodiscard]] bool issue_interrupts();
    [[nodiscard]] bool prepare_threads();
    [[nodiscard]] bool start_threads();

    // --- The rest (handover.cpp) ---
    [[nodiscard]] bool hand_over();
    [[nodiscard]] bool store_origins();
    struct HandoverList;
    [[nodiscard]] bool list_remainder(HandoverList& list);
    void write_description(const HandoverList& list, uint64_t address) const;

    // --- Names ---
    /// The slot of the own table that a source of the image stands for.
    [[nodiscard]] uint64_t slot_of(uint64_t source) const;
    template <class Capability>
    [[nodiscard]] Capability to(uint64_t source) const {
        return Capability(sel::CapIndex(slot_of(source)));
    }
    [[nodiscard]] ObjectName name(uint32_t object) const { return name_of(system_, object); }
    /// Reports what was refused, about which object; false for the caller to return.
    bool refuse(std::string_view what, uint32_t object, const sel::Error& error);

    const abi::BootInfo& info_;
    const SystemView& system_;
    Report& report_;
    uint64_t base_;  ///< slot of object 0
    DeviceNames devices_;
    MachineMemory memory_;
    Window window_;
};

}  // namespace capdl::loader
