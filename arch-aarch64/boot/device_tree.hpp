// SPDX-License-Identifier: BSD-2-Clause
// Reads a device tree: from an untrusted blob to a checked description of the machine.
#pragma once

#include <expected>
#include <span>

#include "boot/boot_description.hpp"
#include "boot/range_list.hpp"
#include "boot/tree_walk.hpp"

namespace selene::boot {

/// The loader's protocol allows no larger tree.
inline constexpr uint64_t maximum_tree_size = 2 << 20;
/// Where physical addresses end for us, 39 bits, and where those end that we and the kernel can access: the window
/// of the kernel at EL2 begins one GiB later than its addresses, and in the last GiB of these is a kernel's own image.
inline constexpr uint64_t physical_end = uint64_t{1} << 39;
inline constexpr uint64_t window_end = physical_end - (uint64_t{2} << 30);

/// How a core other than the first is started.
struct CoreDescription {
    uint64_t affinity;
    CoreStart start;
    uint64_t release_address;  ///< spin table: where it waits for an address to jump to, in RAM that is reserved

    /// The page that it waits at.
    [[nodiscard]] PhysRange release_page() const {
        return pages_around(release_address, release_address + sizeof(uint64_t));
    }
};

using MemoryList = RangeList<BootDescription::maximum_memory_ranges>;

struct MachineDescription {
    MemoryList memory;    ///< all RAM, whole pages
    MemoryList reserved;  ///< what firmware keeps, in RAM or not
    PhysRange initrd{};   ///< bytes, not pages
    std::array<CoreDescription, BootDescription::maximum_cores> cores{};
    uint32_t core_count = 0;
    PowerConduit power_conduit = PowerConduit::none;
    uint32_t timer_line = 0;             ///< of the virtual timer
    uint32_t hypervisor_timer_line = 0;  ///< 0 if the tree has none
    uint64_t timer_frequency = 0;        ///< ticks a second; 0 if the tree leaves that to the firmware
    InterruptControllerDescription interrupt_controller{};
    SerialDescription serial{};
    std::array<std::span<const std::byte>, 2> seeds{};  ///< random bytes, in the tree
};

/// Why a tree was refused, and where to say so.
struct TreeRefusal {
    Refusal refusal;
    SerialDescription serial;
};

/// Bytes of a tree that must be accessible to learn its size.
inline constexpr uint64_t tree_header_size = 40;
/// How many bytes a tree says it has, from its header: at least those, at most maximum_tree_size; 0 if this is none.
uint64_t tree_size(const void* header);
/// How many of them it uses: the rest, which firmware may leave for changes, comes last.
uint64_t used_tree_size(const void* tree);

/// Everything the boot stage needs, from one walk. `tree` is 8-byte aligned; nothing outside of it is touched, whatever
/// it holds.
///
/// What is promised of the result: there is RAM, below physical_end; there is a core; there is an interrupt controller
/// of a known kind, and the timer's line. The controller's registers, and the serial line's if there is one, are whole
/// pages below window_end that overlap neither RAM nor each other. No two cores have the same number.
std::expected<MachineDescription, TreeRefusal> read_device_tree(std::span<const std::byte> tree);

/// Ticks a second of the timer: what the tree says, which is there where firmware has got it wrong, otherwise `by_firmware`,
/// what the register says. Refused if that cannot be: no counter that is slower keeps a budget.
std::expected<uint64_t, Refusal> timer_frequency(const MachineDescription& machine, uint64_t by_firmware);

}  // namespace selene::boot
