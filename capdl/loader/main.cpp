// SPDX-License-Identifier: BSD-2-Clause
// The first task: from its first instruction to the moment when it has nothing more to do.
#include "loader.hpp"

namespace {

constexpr uint64_t stack_bytes = 16384;
constexpr uint64_t page_bytes = 4096;
alignas(16) char stack[stack_bytes];

using capdl::loader::Report;
using capdl::loader::SystemView;

/// The serial line for a loader that knows nothing of its system: nobody else wants the device then.
void open(Report& report, const selene::abi::BootInfo& info) {
    static capdl::loader::MachineMemory memory(info, info.first_empty_slot);
    static capdl::loader::Window window(memory, info.free_address);
    const uint64_t page = info.serial_base / page_bytes * page_bytes;
    const uint64_t slot = memory.take_slot();
    if (info.serial_bytes == 0 || !memory.make_at({selene::abi::ObjectType::frame, 12}, page, slot)) {
        return;
    }
    if (const auto address = window.map_device(slot)) {
        report.open({static_cast<selene::SerialKind>(info.serial_kind), *address});
    }
}

bool load(const selene::abi::BootInfo& info, Report& report) {
    if (!SystemView::valid(info.image_address, info.image_bytes)) {
        open(report, info);
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
