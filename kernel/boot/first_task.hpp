// SPDX-License-Identifier: BSD-2-Clause
// The first task: made by the kernel at boot, holder of everything.
#pragma once

#include "boot/boot_description.hpp"
#include "scheduling/core.hpp"

namespace selene {

/// Bring up the kernel's own state and the first task on the boot core, give it capabilities to all memory and all
/// authority, and return its thread, ready to run. `kernel` and `core` are zeroed memory.
[[nodiscard]] Thread& boot(Kernel& kernel, Core& core, const BootDescription& description) SELENE_REQUIRES(own_core)
    SELENE_EXCLUDES(tree_lock);

}  // namespace selene
