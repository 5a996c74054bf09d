// SPDX-License-Identifier: BSD-2-Clause
// Lent budgets: a caller's context works for whoever works for the caller.
#pragma once

#include "ipc/reply.hpp"
#include "scheduling/core.hpp"

namespace selene::lending {

/// The Reply that a thread lends through, null if it does not lend.
[[nodiscard]] Reply* loan_of(const Thread& thread) SELENE_REQUIRES(own_core);

/// Whether the caller of `reply` has lent its budget.
[[nodiscard]] bool is_lent(const Reply& reply) SELENE_REQUIRES(own_core);

/// The thread that runs on what the caller of `reply` has lent: the end of the chain that begins with the Reply's
/// holder, who is there as long as something is lent to it.
///
///     caller ── reply ── holder = caller' ── reply' ── holder' : runs, is ready, waits, or is out of budget
///     n                  n + 1                         n + 2   = Thread::loan_depth, at most abi::call_depth
///
/// So a chain has at most abi::call_depth links, and is followed in one piece: a call, or a fault, that would make one
/// more is refused.
[[nodiscard]] Thread* borrower(const Reply& reply) SELENE_REQUIRES(own_core);

/// The caller of `reply` has its budget back and waits on (called_keeping, faulted_keeping). The borrower, which has no
/// time of its own, is what comes back. Null, and without effect, if nothing is lent or nobody runs on it.
Thread* take_home(Core& core, Reply& reply) SELENE_REQUIRES(own_core);

/// A thread that has lost its lender against its will, or null: as soon as it would go on somebody is told (a time-out),
/// or it awaits another (ipc::await_lender). Waiting to be received with what it does not have any more it has nothing to
/// call with; what it has faulted at it does again.
void bereave(Core& core, Thread* worker) SELENE_REQUIRES(own_core);

/// What a thread that waits for an answer has lent comes home.
void recall(Core& core, Thread& caller) SELENE_REQUIRES(own_core);

}  // namespace selene::lending
