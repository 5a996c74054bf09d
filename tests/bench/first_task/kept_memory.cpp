// SPDX-License-Identifier: BSD-2-Clause
// A first task that is no loader: it says how much memory the kernel has kept, and switches the machine off.

#include <array>
#include <optional>

#include <sel/print.hpp>

#include "boot/tree_walk.hpp"
#include "loader/machine_memory.hpp"
#include "loader/window.hpp"
#include "serial_sink.hpp"

namespace {

using capdl::loader::MachineMemory;
using capdl::loader::Window;
using selene::abi::BootInfo;
using selene::abi::BootSlot;

constexpr uint64_t stack_bytes = 16384;
alignas(16) char stack[stack_bytes];

/// All RAM that the machine has, by its device tree: not by what the kernel says of it. Device tree specification,
/// "/memory node".
std::optional<uint64_t> machine_bytes(const BootInfo& info) {
    selene::boot::TreeWalk walk(reinterpret_cast<const void*>(info.device_tree_address));
    uint64_t bytes = 0;
    auto advanced = walk.advance();
    for (; advanced && *advanced; advanced = walk.advance()) {
        if (walk.depth() != 1 || walk.node().device_type.string() != "memory") {
            continue;
        }
        for (size_t number = 0; number < walk.reg_count(); ++number) {
            const auto range = walk.reg(number);
            if (!range) {
                return std::nullopt;
            }
            bytes += range->size;
        }
    }
    return advanced ? std::optional(bytes) : std::nullopt;
}

/// All RAM that the first task holds, what it was made from itself included.
uint64_t given_bytes(const BootInfo& info) {
    uint64_t bytes = info.boot_untyped_bytes + info.image_untyped_bytes + info.device_tree_bytes;
    for (uint64_t number = 0; number < info.untyped_count; ++number) {
        if (info.untypeds[number].device == 0) {
            bytes += info.untypeds[number].bytes;
        }
    }
    return bytes;
}

sel::Result<void> open_serial(const BootInfo& info) {
    static std::array<MachineMemory::Piece, 2 * BootInfo::maximum_untypeds> pieces;
    static MachineMemory memory(info, pieces, info.first_empty_slot);
    static Window window = MachineMemory::window(info);
    SEL_TRY_VOID(memory.prepare(window));
    const uint64_t frame = memory.take_slot();
    SEL_TRY_VOID(memory.make_at({selene::abi::ObjectType::frame, 12}, info.serial_base, frame));
    SEL_TRY(registers, window.map_device(frame));
    bench::print_to_serial({reinterpret_cast<std::byte*>(registers), info.serial_bytes});
    return {};
}

}  // namespace

extern "C" {

[[noreturn]] void first_task_main(const BootInfo* info) {
    if (open_serial(*info)) {
        if (const auto bytes = machine_bytes(*info)) {
            sel::println("value memory.kernel bytes {}\nexit 0", *bytes - given_bytes(*info));
        } else {
            sel::println("the device tree does not tell the machine's memory\nexit 1");
        }
    }
    (void)sel::PowerControl(sel::CapIndex(static_cast<uint64_t>(BootSlot::power_control))).off();
    __builtin_trap();
}

/// libsel's own ends a component's thread.
void abort() { __builtin_trap(); }

[[noreturn, gnu::naked]] void _start() {
    asm("mov sp, %0\n\tmov x29, xzr\n\tmov x30, xzr\n\tb first_task_main" : : "r"(stack + stack_bytes));
}

}  // extern "C"
