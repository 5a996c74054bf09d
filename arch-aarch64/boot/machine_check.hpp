// SPDX-License-Identifier: BSD-2-Clause
// Whether the machine is as its device tree says: what is accessed here for the first time may not be there. Later nobody
// could say so, for the kernel trusts the tree, and the release kernel has no voice.
#pragma once

#include <expected>

#include "boot/device_tree.hpp"
#include "boot/identity_map.hpp"

namespace selene::boot {

/// The interrupt controller is of its kind and has a part for this core; there is firmware to call where the kernel for
/// this level will. What is not so is refused, here or by the exception that its access is.
std::expected<void, Refusal> check_devices(const MachineDescription& machine, PowerConduit conduit, IdentityMap& map);

/// Memory is there, at both ends of each range.
void check_memory(const MemoryList& memory, IdentityMap& map);

}  // namespace selene::boot
