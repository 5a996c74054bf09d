// SPDX-License-Identifier: BSD-2-Clause
// Endpoint: where senders and receivers meet.
#pragma once

#include "ipc/notification.hpp"
#include "ipc/wait_queue.hpp"

namespace selene {

/// Donors (calls, faults: they bring a budget) serve receivers that have a Reply at hand, the passive ones first. Plain
/// senders serve receivers with a budget of their own, so that no send can strand a passive server. So donors never
/// wait beside passive or active receivers, nor senders beside active or plain receivers.
/// A hot rendezvous reads `passive_receivers` and `donors`, which share a load.
struct alignas(64) Endpoint {
    WaitQueue passive_receivers SELENE_GUARDED_BY(lock);
    WaitQueue donors SELENE_GUARDED_BY(lock);
    WaitQueue active_receivers SELENE_GUARDED_BY(lock);
    WaitQueue plain_receivers SELENE_GUARDED_BY(lock);
    WaitQueue senders SELENE_GUARDED_BY(lock);
    Lock lock SELENE_AFTER(tree_lock, &Notification::lock);
    /// Odd while sends with a badge are being cancelled; counts beginnings and ends.
    uint32_t cancel_round SELENE_GUARDED_BY(lock);
    Thread* cancel_next SELENE_GUARDED_BY(lock);  ///< the sender that is looked at next, null when all have been
    uint64_t cancel_badge SELENE_GUARDED_BY(lock);

    /// Whether nobody waits.
    [[nodiscard]] bool idle() const SELENE_UNLOCKED {
        return passive_receivers.empty() && donors.empty() && active_receivers.empty() && plain_receivers.empty() &&
               senders.empty();
    }
};
static_assert(sizeof(Endpoint) == 64);

}  // namespace selene
