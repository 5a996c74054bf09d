// SPDX-License-Identifier: BSD-2-Clause
// Calls to the firmware by Arm's Power State Coordination Interface.
#pragma once

#include <cstdint>

#include "boot/boot_description.hpp"

namespace selene {

/// Arm Power State Coordination Interface, "Function prototypes".
enum class PsciFunction : uint32_t {
    system_off = 0x8400'0008,
    system_reset = 0x8400'0009,
};

/// Calls `function`, which has no arguments, by the instruction the firmware listens to. Returns only if the
/// firmware refused, or if there is none.
void psci_call(PowerConduit conduit, PsciFunction function);

}  // namespace selene
