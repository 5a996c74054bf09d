// SPDX-License-Identifier: BSD-2-Clause
// Switching the machine off: by the watchdog that its device tree names, otherwise by the firmware.
#include "machine_end.hpp"

#include "device_names.hpp"
#include "power/bcm2835_watchdog.hpp"

namespace capdl::loader {

namespace {

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t page_bits = 12;

/// Where the page with the device's registers is now mapped, if this machine has such a device.
sel::Result<std::byte*> registers_of(std::string_view device, const abi::BootInfo& info, MachineMemory& memory,
                                     Window& window) {
    const auto registers = DeviceNames(info.device_tree_address).registers(device, 0);
    if (!registers) {
        return sel::refused({abi::ErrorCode::argument_out_of_range});
    }
    const uint64_t slot = memory.take_slot();
    const uint64_t page = registers->base / page_bytes * page_bytes;
    SEL_TRY_VOID(memory.make_at({abi::ObjectType::frame, page_bits}, page, slot));
    SEL_TRY(mapped, window.map_device(slot));
    return reinterpret_cast<std::byte*>(mapped + (registers->base - page));
}

}  // namespace

void switch_off(const abi::BootInfo& info, MachineMemory& memory, Window& window) {
    if (const auto watchdog = registers_of("brcm,bcm2835-pm-wdt", info, memory, window)) {
        Bcm2835Watchdog({*watchdog, page_bytes}).switch_off();
        return;
    }
    (void)sel::PowerControl(sel::CapIndex(static_cast<uint64_t>(abi::BootSlot::power_control))).off();
}

}  // namespace capdl::loader
