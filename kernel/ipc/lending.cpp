// SPDX-License-Identifier: BSD-2-Clause
// Following and ending loans of budget.
#include "ipc/lending.hpp"

#include "base/assert.hpp"
#include "ipc/rendezvous.hpp"
#include "object/thread.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::lending {

namespace {

bool lends(const Thread& thread) SELENE_REQUIRES(own_core) {
    return thread.state() == ThreadState::called_donating || thread.state() == ThreadState::faulted_donating;
}

void keep(Thread& thread) SELENE_REQUIRES(own_core) {
    thread.set_state(thread.state() == ThreadState::called_donating ? ThreadState::called_keeping
                                                                    : ThreadState::faulted_keeping);
}

}  // namespace

Reply* loan_of(const Thread& thread) { return lends(thread) ? static_cast<Reply*>(thread.blocked_on) : nullptr; }

bool is_lent(const Reply& reply) { return reply.caller != nullptr && lends(*reply.caller); }

Thread* borrower(const Reply& reply) {
    Thread* thread = reply.holder;
    while (thread != nullptr && lends(*thread)) thread = static_cast<Reply*>(thread->blocked_on)->holder;
    return thread;
}

Thread* take_home(Core& core, Reply& reply) {
    if (!is_lent(reply)) return nullptr;
    Thread* caller = reply.caller;
    keep(*caller);
    // Who works for others in turn has to be told if this time is not enough to go on with.
    if (caller->own_context == nullptr) caller->lost_time = LostTime::used_up;
    // Whoever has lent it on has lent what it no longer has.
    Thread* worker = reply.holder;
    while (worker != nullptr && lends(*worker)) {
        keep(*worker);
        worker->context = nullptr;
        worker->lost_time = LostTime::lender_left;
        worker = static_cast<Reply*>(worker->blocked_on)->holder;
    }
    SELENE_ASSERT(worker != nullptr && worker->own_context == nullptr);
    if (worker == core.current && worker->state() == ThreadState::running) {
        // What the kernel does until it lets somebody go on is charged to it all the same.
        caller->context = core.context;
        worker->context = nullptr;
        core.reschedule = 1;
        worker->set_state(ThreadState::without_budget);
        return worker;
    }
    caller->context = worker->context;
    const ThreadState state = worker->state();
    scheduler::take_off(core, *worker);
    worker->context = nullptr;
    if (state == ThreadState::ready || state == ThreadState::without_budget) scheduler::make_runnable(core, *worker);
    return worker;
}

void bereave(Core& core, Thread* worker) {
    if (worker == nullptr) return;
    worker->lost_time = LostTime::lender_left;
    if (worker->state() == ThreadState::faulting) {
        ipc::dequeue(*worker);
        ipc::repeat_fault(core, *worker);
        worker->set_state(ThreadState::without_budget);
    }
    if (worker->state() == ThreadState::without_budget) scheduler::make_runnable(core, *worker);
    ipc::wait_without_time(core, *worker);
}

void recall(Core& core, Thread& caller) {
    if (lends(caller)) bereave(core, take_home(core, *static_cast<Reply*>(caller.blocked_on)));
}

}  // namespace selene::lending
