// SPDX-License-Identifier: BSD-2-Clause
// What a fuzzer's input means: what several threads do, one entry into the kernel after the other, or a file to read.
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

/// A spec; behind each zero byte a file that it can include or take for a component, called "1", "2" and so on. One
/// entry; obeyed if it builds.
Played play_specs(Input input);

/// An ELF file that a spec's component is made from. One entry; obeyed if that builds.
Played play_elf_files(Input input);

/// A device tree, as the compiler takes it for a machine to check against. One entry; obeyed if it is taken.
Played play_machines(Input input);

/// A spec that is open in an editor; behind each zero byte what the editor says next: `c` and a changed text, a message in
/// JSON, or a request: bytes for its method, line and column, and a name. Obeyed is what is answered with more than null.
Played play_editors(Input input);

/// What the two ends of a channel do, and what a hostile partner writes into its memory; obeyed is what was put in and
/// taken out. Whatever breaks a promise throws.
Played play_channels(Input input);

}  // namespace selene::fuzz
