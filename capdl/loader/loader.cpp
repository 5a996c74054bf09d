// SPDX-License-Identifier: BSD-2-Clause
// The order of the loader's work.
#include "loader.hpp"

#include "machine_end.hpp"

namespace capdl::loader {

Loader::Loader(const abi::BootInfo& info, const SystemView& system, Report& report)
    : info_(info),
      system_(system),
      report_(report),
      own_(info.first_empty_slot),
      builder_(system, own_,
               {.table = MachineMemory::own_table(),
                .authority = sel::Thread(sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::thread))),
                .timer_frequency = info.timer_frequency}),
      devices_(info.device_tree_address, system),
      memory_(info, system.workspace(), own_.slot_of(system.objects().size() + system.header().extra_count)),
      window_(MachineMemory::window(info)),
      serial_(info, memory_, window_, report) {}

bool Loader::run() {
    reached(Step::nothing);
    if (!build()) {
        (void)undo();
        return false;
    }
    reached(Step::built);
    if (!read_back()) {
        (void)undo();
        return false;
    }
    reached(Step::read_back);
    if (system_.header().mode == image::Mode::dry_run) {
        report_.print("loader: dry run: {} objects and {} capabilities are as specified\n", system_.objects().size(),
                      system_.slots().size());
        return undo();
    }
    return start();
}

bool Loader::build() {
    if (!memory_.prepare(window_) || !end_list()) {
        return false;
    }
    const bool has_all = make_placed();
    open_report();
    if (!has_all) {
        refuse_placed();
        return false;
    }
    name_missing_cores();
    const auto write = [this](const image::FillRecord& record, uint64_t address) { fill(record, address); };
    return make_runs() && done(builder_.make_capabilities()) && done(builder_.hang_tables()) && hand_over() &&
           done(builder_.fill_frames(window_, write)) && done(builder_.map_frames()) &&
           done(builder_.install_tasks()) && done(builder_.configure_sched_contexts()) && issue_interrupts() &&
           done(builder_.prepare_threads()) && done(builder_.set_registers());
}

/// The last in the kernel's list of capabilities is the one to the first page of the device tree, or of the image. A child of
/// it, made before any other, stays at the end: later ones come before it.
bool Loader::end_list() {
    constexpr uint64_t first_segment = 0x20'0000;
    const uint64_t last = info_.device_tree_bytes != 0 ? info_.device_tree_address : first_segment;
    last_slot_ = memory_.take_slot();
    for (uint64_t slot = static_cast<uint64_t>(abi::BootSlot::first_dynamic); slot < info_.first_empty_slot; ++slot) {
        const auto held = MachineMemory::own_table().inspect(slot);
        if (held && held->type == abi::ObjectType::frame && held->detail == last) {
            return MachineMemory::own_table()
                .map({.first = last_slot_,
                      .source = MachineMemory::own_table(),
                      .source_first = slot,
                      .count = 1,
                      .rights = abi::Right::inspect,
                      .badge = 0})
                .has_value();
        }
    }
    return false;
}

bool Loader::read_back() {
    ReadBack reading({.info = info_,
                      .system = system_,
                      .own = own_,
                      .devices = devices_,
                      .pieces = memory_.pieces(),
                      .first_scratch = memory_.first_scratch(),
                      .next_scratch = memory_.next_scratch(),
                      .report_slot = serial_.slot(),
                      .last_slot = last_slot_},
                     report_);
    const uint64_t differences = reading.run();
    if (differences != 0) {
        report_.print("loader: what the kernel says differs {} times from the specification\n", differences);
    }
    return differences == 0;
}

/// What is granted and resumed here has just been looked at, so nothing of it can be refused. No program runs before the
/// loader stops: its priority is the highest.
bool Loader::start() {
    serial_.close();
    const bool started = done(builder_.start_threads()) && grant_untypeds() && store_origins();
    reached(Step::started);
    return started;
}

bool Loader::undo() {
    serial_.close();
    take_back_own_memory();
    const bool complete = memory_.take_all_back();
    serial_.open();
    report_.print("loader: {} it is undone\n", complete ? "all of" : "not all of");
    return complete;
}

void Loader::end(std::string_view last_words) {
    report_.print("{}", last_words);
    switch_off(info_, memory_, window_);
}

void Loader::name_missing_cores() {
    for (uint64_t core = 1; core < info_.core_count; ++core) {
        if ((info_.cores_answered >> core & 1) == 0) {
            report_.print("loader: core {} of {} has not come up, the system runs without it\n", core,
                          info_.core_count);
        }
    }
}

bool Loader::refuse(std::string_view what, uint32_t object, const sel::Error& error) {
    report_.print("loader: {} of {} is refused: {}\n", what, name(object), error);
    return false;
}

}  // namespace capdl::loader
