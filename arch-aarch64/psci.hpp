// SPDX-License-Identifier: BSD-2-Clause
// Calls to the firmware by Arm's Power State Coordination Interface.
#pragma once

#include <cstdint>

#include "boot/boot_description.hpp"

namespace selene {

/// Arm Power State Coordination Interface, "Function prototypes".
enum class PsciFunction : uint32_t {
    version = 0x8400'0000,
    system_off = 0x8400'0008,
    system_reset = 0x8400'0009,
    cpu_on = 0xc400'0003,  ///< of the core, physical address to begin at, value for its x0
};

inline constexpr int32_t psci_success = 0;
inline constexpr int32_t psci_not_supported = -1;

/// Calls `function` by the instruction the firmware listens to, and returns what that says; psci_not_supported if there is
/// none.
int32_t psci_call(PowerConduit conduit, PsciFunction function, uint64_t first = 0, uint64_t second = 0);

}  // namespace selene
