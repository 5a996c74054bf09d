// SPDX-License-Identifier: BSD-2-Clause
// The first task: from its first instruction to the moment when it has nothing more to do.
#include "loader.hpp"

namespace {

constexpr uint64_t stack_bytes = 16384;
alignas(16) char stack[stack_bytes];

using capdl::loader::Report;
using capdl::loader::SystemView;

bool load(const selene::abi::BootInfo& info, Report& report) {
    if (!SystemView::valid(info.image_address, info.image_bytes)) {
        report.print("loader: the system image is damaged, or of another version than the loader\n");
        return false;
    }
    const SystemView system(info.image_address);
    static capdl::loader::Loader loader(info, system, report);
    return loader.run();
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
    if (info->magic == selene::abi::BootInfo::expected_magic && !load(*info, report)) {
        report.print("loader: nothing has been started\n");
        (void)sel::PowerControl(sel::CapIndex(static_cast<uint64_t>(selene::abi::BootSlot::power_control))).off();
    }
    stop();
}

/// libsel's own ends a component's thread by a fault, of which nobody would learn here.
void abort() { stop(); }

[[noreturn, gnu::naked]] void _start() {
    asm("mov sp, %0\n\tmov x29, xzr\n\tmov x30, xzr\n\tb loader_main" : : "r"(stack + stack_bytes));
}

}  // extern "C"
