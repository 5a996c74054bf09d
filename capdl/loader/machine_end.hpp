// SPDX-License-Identifier: BSD-2-Clause
// Switching the machine off, when no system was to be started, or none could be.
#pragma once

#include "machine_memory.hpp"
#include "window.hpp"

namespace capdl::loader {

/// Power control asks the firmware. A Raspberry Pi has none to ask, but its watchdog, if nothing else has that: then the
/// machine is off a moment later.
void switch_off(const abi::BootInfo& info, MachineMemory& memory, Window& window);

}  // namespace capdl::loader
