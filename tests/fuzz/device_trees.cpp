// SPDX-License-Identifier: BSD-2-Clause
// Bytes as a device tree: whatever is in them, reading touches nothing else, ends, and keeps its promises.
#include "inputs.hpp"
#include "tree_promises.hpp"

namespace selene::fuzz {

Played play_device_trees(Input input) { return {1, boot::read_and_check(std::as_bytes(input)) ? 1u : 0u}; }

}  // namespace selene::fuzz
