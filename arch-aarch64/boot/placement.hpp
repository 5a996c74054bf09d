// SPDX-License-Identifier: BSD-2-Clause
// Decides what goes where in physical memory.
#pragma once

#include <expected>

#include "boot/device_tree.hpp"
#include "boot/kernel_parts.hpp"

namespace selene::boot {

/// What is in memory already.
struct Occupied {
    PhysRange image;        ///< as it was loaded, whole pages: boot stage, kernel and, if joined, system part
    PhysRange system_part;  ///< whole pages
    PhysRange device_tree;  ///< bytes
    KernelParts kernel;
};

/// RAM, by what may be done with it.
struct Survey {
    MemoryList usable;  ///< what firmware does not keep, as far as we can address it
    MemoryList window;  ///< what the kernel may write: all but its own text and constants
    MemoryList empty;   ///< where nothing lies yet
};

std::expected<Survey, Refusal> survey_memory(const MachineDescription& machine, const Occupied& occupied);

/// What the kernel is told of memory: all that is usable is free but for its own, which `workspace` is part of, and the
/// system part; what is neither RAM nor reserved nor the interrupt controller may be a device.
std::expected<void, Refusal> describe_memory(const MachineDescription& machine, const Occupied& occupied,
                                             const MemoryList& usable, PhysRange workspace,
                                             BootDescription& description);

}  // namespace selene::boot
