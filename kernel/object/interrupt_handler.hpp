// SPDX-License-Identifier: BSD-2-Clause
// InterruptHandler: one interrupt line, delivered to a notification.
#pragma once

#include <cstddef>

#include "capability/slot.hpp"

namespace selene {

/// The kernel's line table names it as long as it has a line. The slot holds the notification, with the badge to
/// signal; the line is masked while it is empty.
struct alignas(64) InterruptHandler {
    Slot notification_slot;
    uint32_t line SELENE_GUARDED_BY(tree_lock);    ///< 0: none yet
    uint32_t active SELENE_GUARDED_BY(tree_lock);  ///< what was delivered and not acknowledged, see machine.hpp; else 0
    abi::Trigger trigger SELENE_GUARDED_BY(tree_lock);
    uint64_t unused[2];

    static InterruptHandler& of_slot(Slot& slot) { return reinterpret_cast<InterruptHandler&>(slot); }
};
static_assert(sizeof(InterruptHandler) == 64 && offsetof(InterruptHandler, notification_slot) == 0);

}  // namespace selene
