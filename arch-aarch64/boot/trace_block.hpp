// SPDX-License-Identifier: BSD-2-Clause
// The memory that the debug kernel writes its trace to, made to look like a device: abi/kernel_trace.hpp.
#pragma once

#include <optional>

#include "boot/identity_map.hpp"
#include "boot/placement.hpp"

namespace selene::boot::trace_block {

/// What the tree may grow by for the block's node; without a block nothing.
constexpr uint64_t node_bytes_of(PhysRange block) { return block.size == 0 ? 0 : 1024; }

/// Takes an empty block out of all RAM; nothing if there is none to spare. It holds zeros then, in no cache.
std::optional<PhysRange> take(Survey& survey, IdentityMap& map);

/// Lists the block among the devices that user level may have. False if there are too many.
[[nodiscard]] bool list(PhysRange block, BootDescription& description);

/// Adds a node for it to the tree, of which `size` bytes may be used. If it has no room for one, nobody finds the block.
void describe(PhysRange block, void* tree, uint64_t size);

}  // namespace selene::boot::trace_block
