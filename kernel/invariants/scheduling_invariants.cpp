// SPDX-License-Identifier: BSD-2-Clause
// Invariants of threads that could run and of their time.
#include "invariants/object_checks.hpp"
#include "invariants/object_walk.hpp"
#include "ipc/lending.hpp"
#include "machine.hpp"
#include "object/thread.hpp"

namespace selene::invariant {

namespace {

/// Whether Thread::context says nothing: the core has the running thread's, and who lends is looked up by the chain.
bool has_stale_context(const Thread& thread) {
    const ThreadState state = thread.state();
    return state == ThreadState::running || state == ThreadState::called_donating ||
           state == ThreadState::faulted_donating;
}

/// What a thread may run on: what is lent to it through the Reply it holds, else its own.
const SchedContext* context_due(const Thread& thread) {
    const Thread* owner = &thread;
    while (owner->reply != nullptr && lending::is_lent(*owner->reply)) owner = owner->reply->caller;
    return owner->own_context;
}

bool waits_for_release(const Thread& thread) {
    return thread.state() == ThreadState::without_budget && thread.context != nullptr &&
           thread.context->core != nullptr;
}

}  // namespace

Violation bitmaps_equal_queues(Kernel&, Core& core) {
    for (unsigned i = 0; i < abi::priorities; ++i) {
        const auto priority = static_cast<uint8_t>(i);
        if (core.ready.marked(priority) == core.ready.empty(priority))
            return {"the bitmap says which queues are not empty", &core.ready};
        const Thread* previous = nullptr;
        for (const Thread* thread = core.ready.first(priority); thread != nullptr;
             previous = thread, thread = thread->next) {
            if (thread->previous != previous) return {"a ready queue's links are inverse", thread};
            if (thread->priority() != priority) return {"a thread is ready at its priority", thread};
            if (thread->state() != ThreadState::ready || thread->stopped())
                return {"a ready queue names ready threads", thread};
            if (thread->context == nullptr && thread->lost_time != LostTime::lender_left)
                return {"a ready thread has a context", thread};
        }
    }
    return {};
}

Violation runnable_threads_are_known(Kernel& kernel, Core& core) {
    if (core.current != nullptr && core.current->state() != ThreadState::running)
        return {"the current thread runs", core.current};
    if ((core.current == nullptr) != (core.context == nullptr)) return {"time passes on somebody's context", &core};
    Fingerprint queued;
    for (unsigned priority = 0; priority < abi::priorities; ++priority) {
        for (const Thread* thread = core.ready.first(static_cast<uint8_t>(priority)); thread != nullptr;
             thread = thread->next)
            queued.add(thread);
    }
    Fingerprint ready;
    const Violation lost = each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
        if (thread.state() == ThreadState::running && core.current != &thread)
            return {"only the current thread runs", &thread};
        if (thread.state() == ThreadState::ready && !thread.stopped()) ready.add(&thread);
        if (!waits_for_release(thread)) return {};
        return thread.context->waiter == &thread && thread.context->release_node.linked()
                   ? Violation{}
                   : Violation{"a thread without budget waits for its context", &thread};
    });
    if (lost.found()) return lost;
    // Who is in a ready queue is ready, and there once, so it is enough to count.
    return queued == ready ? Violation{} : Violation{"exactly the ready threads are in the ready queues", &core.ready};
}

Violation release_queue_is_ordered(Kernel& kernel, Core& core) {
    Fingerprint queued;
    const SchedContext* previous = nullptr;
    for (SchedContext* context = core.release.first(); context != nullptr; context = ReleaseQueue::next(*context)) {
        if (context->waiter == nullptr || context->core != &core)
            return {"a context in the release queue is waited for on its core", context};
        if (previous != nullptr && ReleasedEarlier{}(*context, *previous))
            return {"the release queue is in order of time", context};
        queued.add(context);
        previous = context;
    }
    Fingerprint linked;
    (void)each_object<SchedContext>(kernel.tree, CapType::sched_context, [&](SchedContext& context) -> Violation {
        if (context.release_node.linked()) linked.add(&context);
        return {};
    });
    return queued == linked ? Violation{} : Violation{"the release queue holds who waits for release", &core.release};
}

Violation check_refill_count(SchedContext& context) {
    if (context.core == nullptr) return {};
    if (context.round_robin() && (context.head != 0 || context.count != 1))
        return {"a context that is round robin has one refill, the first", &context};
    return context.count > 0 && context.count <= context.limit && context.limit <= context.capacity &&
                   context.head < context.limit
               ? Violation{}
               : Violation{"a context has as many refills as it may", &context};
}

Violation check_refill_order(SchedContext& context) {
    if (context.core == nullptr) return {};
    for (unsigned i = 1; i < context.count; ++i) {
        if (context.at(i).time < context.at(i - 1).time) return {"refills are in order", &context};
    }
    return {};
}

Violation check_refill_sum(SchedContext& context) {
    if (context.core == nullptr) return {};
    uint64_t sum = 0;
    for (unsigned i = 0; i < context.count; ++i) sum += context.at(i).amount;
    if (context.round_robin())
        return sum <= context.budget ? Violation{} : Violation{"a slice is at most the budget", &context};
    return sum == context.budget ? Violation{} : Violation{"refills sum to the budget", &context};
}

Violation check_running_context(Core& core, Thread& thread) {
    return core.context == context_due(thread) ? Violation{}
                                               : Violation{"time passes on the current thread's context", &thread};
}

Violation refills_are_at_most_the_maximum(Kernel& kernel, Core&) {
    return each_object<SchedContext>(kernel.tree, CapType::sched_context, check_refill_count);
}

Violation refills_are_in_order(Kernel& kernel, Core&) {
    return each_object<SchedContext>(kernel.tree, CapType::sched_context, check_refill_order);
}

Violation refills_sum_to_budget(Kernel& kernel, Core&) {
    return each_object<SchedContext>(kernel.tree, CapType::sched_context, check_refill_sum);
}

Violation contexts_are_inverse(Kernel& kernel, Core& core) {
    Fingerprint homes;
    const Violation in_context =
        each_object<SchedContext>(kernel.tree, CapType::sched_context, [&](SchedContext& context) -> Violation {
            if (context.home != nullptr && context.home->own_context != &context)
                return {"a context's thread has it", &context};
            if (context.home != nullptr) homes.add(&context);
            if (context.release_node.linked() != (context.waiter != nullptr))
                return {"a context is in the release queue exactly when somebody waits", &context};
            if (context.waiter != nullptr &&
                (context.waiter->context != &context || context.waiter->state() != ThreadState::without_budget)) {
                return {"who waits for a context is without budget", &context};
            }
            return {};
        });
    if (in_context.found()) return in_context;
    Fingerprint owned;
    const Violation in_thread = each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
        if (thread.own_context != nullptr && thread.own_context->home != &thread)
            return {"a thread's context names it", &thread};
        if (thread.own_context != nullptr) owned.add(thread.own_context);
        if (thread.state() == ThreadState::running) return check_running_context(core, thread);
        if (has_stale_context(thread) || thread.state() == ThreadState::inactive || thread.context == nullptr)
            return {};
        return thread.context == context_due(thread)
                   ? Violation{}
                   : Violation{"a thread runs on its own context or on one that is lent to it", &thread};
    });
    if (in_thread.found()) return in_thread;
    return homes == owned ? Violation{} : Violation{"what a thread runs on lives", &core};
}

Violation loans_count_their_links(Kernel& kernel, Core&) {
    return each_object<Thread>(kernel.tree, CapType::thread, [](Thread& thread) -> Violation {
        if (thread.loan_depth > abi::call_depth) return {"a loan has so many links at most", &thread};
        if (thread.own_context != nullptr && thread.loan_depth != 0)
            return {"who has time of its own borrows none", &thread};
        const Reply* loan = lending::loan_of(thread);
        return loan == nullptr || (loan->holder != nullptr && loan->holder->loan_depth == thread.loan_depth + 1)
                   ? Violation{}
                   : Violation{"a loan is one link longer with each call", &thread};
    });
}

Violation inactive_threads_hold_nothing(Kernel& kernel, Core&) {
    return each_object<Thread>(kernel.tree, CapType::thread, [](Thread& thread) -> Violation {
        if (thread.state() != ThreadState::inactive) return {};
        if (thread.reply != nullptr && lending::is_lent(*thread.reply))
            return {"nobody lends to a thread that cannot run", &thread};
        return thread.context == nullptr || thread.context == thread.own_context
                   ? Violation{}
                   : Violation{"a thread that cannot run has no other's context", &thread};
    });
}

}  // namespace selene::invariant
