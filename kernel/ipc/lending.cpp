// SPDX-License-Identifier: BSD-2-Clause
// Following and ending loans of budget.
#include "ipc/lending.hpp"

#include "base/assert.hpp"
#include "machine.hpp"
#include "object/thread.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::lending {

namespace {

/// Links passed by in one step.
constexpr unsigned links_in_a_step = 8;
/// What that takes, in steps between two polls.
constexpr unsigned cost_of_a_step = 4;

bool donates(const Thread& thread) SELENE_REQUIRES(own_core) {
    return thread.state() == ThreadState::called_donating || thread.state() == ThreadState::faulted_donating;
}

bool keeps(const Thread& thread) SELENE_REQUIRES(own_core) {
    return thread.state() == ThreadState::called_keeping || thread.state() == ThreadState::faulted_keeping;
}

/// Who lends does so no more, and waits on.
void end_loan(Thread& thread) SELENE_REQUIRES(own_core) {
    if (thread.state() == ThreadState::called_donating) {
        thread.set_state(ThreadState::called_keeping);
    } else if (thread.state() == ThreadState::faulted_donating) {
        thread.set_state(ThreadState::faulted_keeping);
    } else {
        thread.loan->lender = nullptr;
        thread.loan = nullptr;
    }
    thread.context = nullptr;
}

}  // namespace

Reply* loan_of(const Thread& thread) {
    if (donates(thread)) return static_cast<Reply*>(thread.blocked_on);
    return keeps(thread) ? thread.loan : nullptr;
}

Thread* lender_of(const Reply& reply) {
    if (reply.caller != nullptr && donates(*reply.caller)) return reply.caller;
    return reply.lender;
}

bool shorten(Thread& thread) {
    const Reply* first = loan_of(thread);
    if (first == nullptr) {
        if (!keeps(thread)) return true;
        first = static_cast<const Reply*>(thread.blocked_on);
    }
    Thread* lender = first->holder;
    if (lender == nullptr) return true;
    for (unsigned links = 0; links < links_in_a_step; ++links) {
        const Reply* near = loan_of(*lender);
        Reply* far = near != nullptr ? loan_of(*near->holder) : nullptr;
        if (far == nullptr) return true;
        end_loan(*near->holder);
        end_loan(*lender);
        lender->loan = far;
        far->lender = lender;
    }
    return false;
}

bool shorten(Thread& thread, PreemptionPoint& preemption) {
    while (!shorten(thread)) {
        if (preemption.due(cost_of_a_step)) return false;
    }
    return true;
}

Thread* take_home(Core& core, Reply& reply) {
    Thread* lender = lender_of(reply);
    if (lender == nullptr) return nullptr;
    end_loan(*lender);
    // Whoever has lent it on has lent what it no longer has.
    Thread* worker = reply.holder;
    while (const Reply* on = loan_of(*worker)) {
        end_loan(*worker);
        worker = on->holder;
    }
    SELENE_ASSERT(worker->own_context == nullptr);
    if (worker == core.current && worker->state() == ThreadState::running) {
        lender->context = core.context;
        scheduler::charge(core, machine::now());
        worker->context = nullptr;
        core.context = nullptr;
        core.reschedule = 1;
        worker->set_state(ThreadState::without_budget);
        return worker;
    }
    lender->context = worker->context;
    const ThreadState state = worker->state();
    scheduler::take_off(core, *worker);
    worker->context = nullptr;
    if (state == ThreadState::ready || state == ThreadState::without_budget) scheduler::make_runnable(core, *worker);
    return worker;
}

void bereave(Core& core, Thread* worker) {
    if (worker == nullptr || worker->task == nullptr || worker->task->timeout_slot.empty()) return;
    worker->lost_time = LostTime::lender_left;
    if (worker->state() == ThreadState::without_budget) scheduler::make_runnable(core, *worker);
}

void recall(Core& core, Thread& caller) {
    if (Reply* loan = loan_of(caller); loan != nullptr) bereave(core, take_home(core, *loan));
}

}  // namespace selene::lending
