// SPDX-License-Identifier: BSD-2-Clause
// The order of the loader's work.
#include "loader.hpp"

namespace capdl::loader {

Loader::Loader(const abi::BootInfo& info, const SystemView& system, Report& report)
    : info_(info),
      system_(system),
      report_(report),
      base_(info.first_empty_slot),
      devices_(info.device_tree_address),
      memory_(info, base_ + system.objects().size() + system.header().extra_count),
      window_(memory_, info.free_address) {}

bool Loader::run() {
    const image::PlacedRecord* missing = make_placed();
    open_report();
    if (missing != nullptr) {
        return refuse_placed(*missing);
    }
    name_missing_cores();
    return make_runs() && make_extras_and_capabilities() && hang_tables() && hand_over() && fill_frames() &&
           map_frames() && install_tasks() && configure_sched_contexts() && issue_interrupts() && prepare_threads() &&
           start_threads() && store_origins();
}

void Loader::name_missing_cores() {
    for (uint64_t core = 1; core < info_.core_count; ++core) {
        if ((info_.cores_answered >> core & 1) == 0) {
            report_.print("loader: core {} of {} has not come up, the system runs without it\n", core,
                          info_.core_count);
        }
    }
}

uint64_t Loader::slot_of(uint64_t source) const {
    if (source >= image::schedule_control) {
        return static_cast<uint64_t>(abi::BootSlot::schedule_control) + (source - image::schedule_control);
    }
    switch (source) {
    case image::interrupt_control: return static_cast<uint64_t>(abi::BootSlot::interrupt_control);
    case image::power_control: return static_cast<uint64_t>(abi::BootSlot::power_control);
    default: return base_ + source;
    }
}

bool Loader::refuse(std::string_view what, uint32_t object, const sel::Error& error) {
    report_.print("loader: {} of {} is refused: {}\n", what, name(object), error);
    return false;
}

}  // namespace capdl::loader
