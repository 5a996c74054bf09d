// SPDX-License-Identifier: BSD-2-Clause
// Interrupts: from the controller to the timer's owner or a notification.
#pragma once

#include "scheduling/core.hpp"

namespace selene {

/// Handle the interrupt that waits for this core, if there is one.
void handle_interrupts(Core& core) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock);

}  // namespace selene
