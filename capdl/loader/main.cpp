// SPDX-License-Identifier: BSD-2-Clause
// The first task: from its first instruction to the moment when it has nothing more to do.
#include <array>

#include "loader.hpp"
#include "machine_end.hpp"

namespace {

constexpr uint64_t stack_bytes = 16384;
alignas(16) char stack[stack_bytes];

using capdl::loader::Report;
using capdl::loader::SystemView;

constexpr std::string_view nothing_started = "loader: nothing has been started\n";

/// A loader that knows nothing of its system says so, and all memory is free.
void refuse_image(const selene::abi::BootInfo& info, Report& report) {
    static std::array<capdl::image::Piece, 2 * selene::abi::BootInfo::maximum_untypeds> pieces;
    static capdl::loader::MachineMemory memory(info, pieces, info.first_empty_slot);
    static capdl::loader::Window window = capdl::loader::MachineMemory::window(info);
    static capdl::loader::SerialPage serial(info, memory, window, report);
    if (memory.prepare(window)) {
        serial.open();
    }
    report.print("loader: the system image is damaged, or of another version than the loader\n{}", nothing_started);
    capdl::loader::switch_off(info, memory, window);
}

/// Returns if the system has been started, or if the machine cannot be switched off.
void load(const selene::abi::BootInfo& info, Report& report) {
    if (!SystemView::valid(info.image_address, info.image_bytes)) {
        refuse_image(info, report);
        return;
    }
    const SystemView system(info.image_address);
    static capdl::loader::Loader loader(info, system, report);
    if (!loader.run()) {
        loader.end(nothing_started);
    } else if (system.header().mode == capdl::image::Mode::dry_run) {
        loader.end("exit 0\n");
    }
}

/// The loader's priority is the highest: what it has started goes on when it stops.
[[noreturn]] void stop() {
    for (;;) {
        (void)sel::Thread(sel::CapIndex(static_cast<uint64_t>(selene::abi::BootSlot::thread))).suspend();
    }
}

}  // namespace

extern "C" {

[[noreturn]] void loader_main(const selene::abi::BootInfo* info) {
    Report report;
    if (info->magic == selene::abi::BootInfo::expected_magic) {
        load(*info, report);
    }
    stop();
}

/// libsel's own ends a component's thread by a fault, of which nobody would learn here.
void abort() { stop(); }

[[noreturn, gnu::naked]] void _start() {
    asm("mov sp, %0\n\tmov x29, xzr\n\tmov x30, xzr\n\tb loader_main" : : "r"(stack + stack_bytes));
}

}  // extern "C"
