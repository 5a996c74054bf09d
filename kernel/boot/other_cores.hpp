// SPDX-License-Identifier: BSD-2-Clause
// The cores other than the one that boots: started, greeted, counted.
#pragma once

#include "boot/boot_description.hpp"
#include "scheduling/core.hpp"

namespace selene {

/// Start each other core that the description names, and send each that comes up a mail and await its answer: which have
/// answered in time, a bit each, that of this core always set. A core that has not will not come into the kernel any more.
/// `kernel.cores` are their areas, zeroed but for this core's.
[[nodiscard]] uint32_t start_other_cores(Kernel& kernel, const BootDescription& description) SELENE_REQUIRES(own_core)
    SELENE_EXCLUDES(tree_lock);

/// The first that another core does in the kernel: whether it has come in time. If not it may do nothing more.
[[nodiscard]] inline bool arrive(Core& own) {
    auto expected = CorePresence::absent;
    // Only one of us and start_other_cores, which loses patience, has its way. What that has written into the area before
    // was there before machine::start_core let this core go.
    return own.presence.compare_exchange_strong(expected, CorePresence::arriving, std::memory_order_relaxed);
}

}  // namespace selene
