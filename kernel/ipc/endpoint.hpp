// SPDX-License-Identifier: BSD-2-Clause
// Endpoint: where senders and receivers meet.
#pragma once

#include "base/lock.hpp"
#include "ipc/wait_queue.hpp"

namespace selene {

/// Four queues, of which at most two are occupied: donors (calls, faults: they bring a budget) serve any receiver, and passive receivers first; plain senders serve
/// active receivers only, so that no send can strand a passive server. So donors and receivers never wait at once, nor do senders and active receivers.
/// Lock: its own. A hot rendezvous reads `passive_receivers` and `donors`, which share a load.
struct alignas(64) Endpoint {
    WaitQueue passive_receivers;
    WaitQueue donors;
    WaitQueue active_receivers;
    WaitQueue senders;
    Lock lock;
    uint64_t unused[3];
};
static_assert(sizeof(Endpoint) == 64);

}  // namespace selene
