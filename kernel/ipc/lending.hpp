// SPDX-License-Identifier: BSD-2-Clause
// Lent budgets: a caller's context works for whoever works for the caller.
#pragma once

#include "ipc/reply.hpp"
#include "scheduling/core.hpp"
#include "syscall/preemption.hpp"

namespace selene::lending {

// A caller that donates lends through the Reply that it waits in. The loan is passed on until it comes to the borrower,
// a thread that runs, is ready, waits for something else, or is out of budget:
//
//     lender ── reply ── holder = caller' ── reply' ── holder' = caller'' ── reply'' ── borrower
//
// The hot path writes nothing of it, so that only the links of the calls lead to the borrower. A chain may have any
// length: who is about to take a loan home shortens it first. In each step a link of the chain is passed by: nobody but
// the borrower gains or loses time by that, and what has been done stays done, whoever goes on with it.
//
//     lender ────── loan ──────> reply' ── holder' = caller'' ── reply'' ── borrower      caller' keeps nothing

/// The Reply that a thread lends through, null if it does not lend.
[[nodiscard]] Reply* loan_of(const Thread& thread) SELENE_REQUIRES(own_core);
/// Who has lent what the Reply's holder runs on or has passed on, null if nobody has.
[[nodiscard]] Thread* lender_of(const Reply& reply) SELENE_REQUIRES(own_core);

/// The way from what this thread has lent, or waits in, to the borrower becomes short: some steps of it. Whether it is.
[[nodiscard]] bool shorten(Thread& thread) SELENE_REQUIRES(own_core);
/// All steps; false to make way for an interrupt.
[[nodiscard]] bool shorten(Thread& thread, PreemptionPoint& preemption) SELENE_REQUIRES(own_core);

/// What is lent through `reply`, or through it and the next, is its lender's again, who waits on (called_keeping,
/// faulted_keeping). The borrower, which has no time of its own, is what comes back. Null, and without effect, if
/// nothing is lent. The loan is short, or the Reply is the borrower's.
Thread* take_home(Core& core, Reply& reply) SELENE_REQUIRES(own_core);

/// A thread that has lost its lender against its will, or null: a time-out as soon as it would go on.
void bereave(Core& core, Thread* worker) SELENE_REQUIRES(own_core);

/// What a thread that waits for an answer has lent comes home. The loan is short.
void recall(Core& core, Thread& caller) SELENE_REQUIRES(own_core);

}  // namespace selene::lending
