// SPDX-License-Identifier: BSD-2-Clause
// What a fuzzer's input means: what several threads do, one entry into the kernel after the other, or a device tree.
#pragma once

#include <cstdint>
#include <span>

namespace selene::fuzz {

using Input = std::span<const uint8_t>;

/// How often an input entered the kernel, and how often that was obeyed.
struct Played {
    unsigned entries = 0;
    unsigned obeyed = 0;
};

/// Calls as the interface description has them, mostly with arguments that make sense. Whatever breaks an invariant
/// throws.
Played play_system_calls(Input input);

/// Messages as they stand in registers and IPC buffers, whatever they say.
Played play_messages(Input input);

/// A device tree, as it stands in memory. One entry; obeyed if the boot stage takes it.
Played play_device_trees(Input input);

}  // namespace selene::fuzz
