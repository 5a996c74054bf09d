// SPDX-License-Identifier: BSD-2-Clause
// What the kernel tells the first task: a read-only page whose address is in x0 when it starts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace selene::abi {

/// The first task's capabilities: slots of its own table.
enum class BootSlot : uint64_t {
    table = 1,
    task = 2,
    space = 3,
    thread = 4,
    sched_context = 5,
    interrupt_control = 6,
    power_control = 7,
    boot_untyped = 8,          ///< what the first task itself was made from; origins made from it follow it in the tree
    image_untyped = 9,         ///< the system part of the image; its frames, contents kept, are mapped
    device_tree_untyped = 10,  ///< the device tree; its frames, contents kept, are mapped
    boot_info = 11,            ///< the frame of BootInfo
    schedule_control = 16,     ///< core n's is in slot 16 + n
    first_dynamic = 32,        ///< from here: untypeds, then the first task's frames and page tables, then empty slots
};

/// One untyped that the first task holds.
struct BootUntyped {
    uint64_t slot;
    uint64_t base;  ///< physical address
    uint64_t bytes;
    uint64_t device;  ///< 1: device memory
};

struct BootInfo {
    static constexpr uint64_t expected_magic = 0x3130656e656c6573;  // "selene01"
    static constexpr size_t maximum_untypeds = 95;

    uint64_t magic;
    uint64_t untyped_count;     ///< of `untypeds`: memory first, then devices; the three of BootSlot are not among them
    uint64_t table_slots;       ///< size of the first task's table
    uint64_t first_empty_slot;  ///< all slots from here on are empty
    uint64_t ipc_buffer;        ///< user address of the first thread's IPC buffer
    uint64_t image_address;     ///< user address of the system part's last segment: the system image
    uint64_t image_bytes;
    uint64_t image_base;  ///< physical address of the image untyped
    uint64_t image_untyped_bytes;
    uint64_t boot_untyped_base;  ///< physical address of the boot untyped
    uint64_t boot_untyped_bytes;
    uint64_t device_tree_base;     ///< physical address of the device-tree untyped, which has device_tree_bytes
    uint64_t device_tree_address;  ///< user address
    uint64_t device_tree_bytes;
    uint64_t free_address;     ///< nothing is mapped from here to the end of the user address space
    uint64_t timer_frequency;  ///< ticks a second
    uint64_t timer_line;       ///< the interrupt line that the kernel keeps
    uint64_t core_count;       ///< cores that the device tree names, at most 8; core 0 is the one that boots
    uint64_t cores_answered;   ///< bit n: core n has come up, idles in the kernel, and has answered it; bit 0 is set
    uint64_t kernel_bytes;     ///< memory that stays the kernel's
    uint64_t boot_bytes;       ///< all memory there is: kernel_bytes and every untyped of RAM
    uint64_t serial_kind;      ///< selene::SerialKind
    uint64_t serial_base;      ///< physical address
    uint64_t serial_bytes;
    uint64_t serial_line;
    uint64_t minimum_budget;  ///< ticks
    BootUntyped untypeds[maximum_untypeds];
};
static_assert(sizeof(BootInfo) <= 4096);

}  // namespace selene::abi
