// SPDX-License-Identifier: BSD-2-Clause
// InvariantWatch: checks the invariants in the debug kernel, as often as is bearable.
#pragma once

#include "base/config.hpp"
#include "invariants/invariants.hpp"

namespace selene {

/// After every entry into the kernel the thread that goes on is looked at, its task, and what it runs on. Every entry
/// earns the light checks `config::watched_per_entry` capabilities; they run when they have
/// earned as many as there are. So in a small system they run after every entry, in a larger one after every few, and
/// what they cost an entry has a bound. The heavy ones run once in `config::entries_between_heavy_checks`. No heap; of
/// the stack, an array of the depth of the derivation tree. Owner: the debug kernel of a machine, one for each core.
class InvariantWatch {
public:
    /// The kernel is about to be left. What is broken, if anything is found.
    Violation after_entry(Core& core);

private:
    /// Capabilities, and a part for each empty slot, which costs a look.
    static uint64_t work_of_a_check(Kernel& kernel);

    uint64_t entries_ = 0;
    uint64_t earned_ = 0;
    uint64_t work_ = 0;
};

}  // namespace selene
