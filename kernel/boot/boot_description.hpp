// SPDX-License-Identifier: BSD-2-Clause
// What the boot stage tells the kernel: the machine as the device tree describes it, checked.
#pragma once

#include <cstddef>
#include <cstdint>

namespace selene {

/// Physical bytes [base, base + size); both multiples of 4096.
struct PhysRange {
    uint64_t base;
    uint64_t size;
};

enum class InterruptControllerKind : uint32_t { gic_v2 = 2, gic_v3 = 3 };
enum class PowerConduit : uint32_t { none = 0, hvc = 1, smc = 2 };
/// How a core other than the first is started: not at all, by a call to the firmware, or by an address for it to jump to.
enum class CoreStart : uint32_t { unknown = 0, firmware = 1, spin_table = 2 };
enum class SerialKind : uint32_t { none = 0, pl011 = 1, mini_uart = 2 };

struct InterruptControllerDescription {
    InterruptControllerKind kind;
    uint32_t reserved;
    PhysRange distributor;
    PhysRange interface;  ///< GICC (v2) or the redistributors (v3)
};

struct SerialDescription {
    SerialKind kind;
    uint32_t line;  ///< interrupt controller's number
    PhysRange registers;
};

/// One part of the first task's image; see capdl/image/system_part.hpp.
struct FirstTaskSegment {
    uint64_t address;      ///< user address, page aligned
    PhysRange contents;    ///< where the bytes lie, whole pages
    uint64_t file_size;    ///< bytes of them that count
    uint64_t memory_size;  ///< at least file_size; the rest is zero
    uint32_t writable;
    uint32_t executable;
};

/// Lies in the boot stage's memory; the kernel reads it before it gives that memory away. The ranges in `memory` and
/// `devices` are disjoint and ordered, and hold nothing that is in `kept`, `device_tree` or `system_part`.
struct BootDescription {
    static constexpr uint64_t expected_magic = 0x31746f6f626c6573;  // "selboot1"
    static constexpr size_t maximum_memory_ranges = 32;
    static constexpr size_t maximum_device_ranges = 32;
    static constexpr size_t maximum_kept_ranges = 8;
    static constexpr size_t maximum_segments = 8;
    static constexpr size_t maximum_cores = 8;

    uint64_t magic;
    uint32_t memory_count;
    uint32_t device_count;
    uint32_t kept_count;
    uint32_t segment_count;
    uint32_t core_count;  ///< cores the tree names, at most maximum_cores; core 0 is the one that boots
    uint32_t timer_line;  ///< interrupt of the timer the kernel uses
    PowerConduit power_conduit;
    uint32_t reserved;
    uint64_t timer_frequency;   ///< ticks a second
    uint64_t first_task_entry;  ///< user address
    uint64_t seed[2];           ///< of what must not be guessed: the firmware's, or little more than the time
    uint64_t first_task_slots;  ///< empty slots that the first task asks for in its table
    PhysRange memory[maximum_memory_ranges];   ///< RAM that is free, the boot stage's own included
    PhysRange devices[maximum_device_ranges];  ///< physical addresses that are neither RAM nor the kernel's devices
    PhysRange kept[maximum_kept_ranges];       ///< RAM that stays the kernel's: image, page tables, core areas
    PhysRange own;                             ///< where this lies: nothing else may, while it is read
    PhysRange device_tree;                     ///< a copy of the tree, whole pages
    PhysRange system_part;                     ///< the system part of the image, whole pages
    uint64_t core_areas;                       ///< physical address of core_count areas of 64 KiB each, zeroed
    uint64_t core_affinity[maximum_cores];     ///< MPIDR affinity of each core
    uint64_t core_release[maximum_cores];  ///< spin table: physical address at which the core waits for one to jump to
    CoreStart core_start[maximum_cores];
    FirstTaskSegment segments[maximum_segments];
    InterruptControllerDescription interrupt_controller;
    SerialDescription serial;
};

}  // namespace selene
