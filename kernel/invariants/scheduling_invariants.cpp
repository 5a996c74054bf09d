// SPDX-License-Identifier: BSD-2-Clause
// Invariants of threads that could run and of their time.
#include "invariants/object_walk.hpp"
#include "machine.hpp"
#include "object/thread.hpp"

namespace selene::invariant {

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
            if (thread->context == nullptr) return {"a ready thread has a context", thread};
        }
    }
    return {};
}

Violation runnable_threads_are_known(Kernel& kernel, Core& core) {
    if (core.current != nullptr && core.current->state() != ThreadState::running)
        return {"the current thread runs", core.current};
    if ((core.current == nullptr) != (core.context == nullptr)) return {"time passes on somebody's context", &core};
    return each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
        switch (thread.state()) {
        case ThreadState::running:
            return core.current == &thread ? Violation{} : Violation{"only the current thread runs", &thread};
        case ThreadState::ready: {
            if (thread.stopped()) return {};
            for (const Thread* ready = core.ready.first(thread.priority()); ready != nullptr; ready = ready->next) {
                if (ready == &thread) return {};
            }
            return {"a ready thread is in its queue", &thread};
        }
        case ThreadState::without_budget: {
            const SchedContext* context = thread.context;
            if (context == nullptr || context->core == nullptr) return {};
            return context->waiter == &thread && context->release_node.linked()
                       ? Violation{}
                       : Violation{"a thread without budget waits for its context", &thread};
        }
        default: return {};
        }
    });
}

Violation refills_sum_to_budget(Kernel& kernel, Core&) {
    return each_object<SchedContext>(kernel.tree, CapType::sched_context, [](SchedContext& context) -> Violation {
        if (context.core == nullptr) return {};
        if (context.count == 0 || context.count > context.limit || context.limit > context.capacity)
            return {"a context has as many refills as it may", &context};
        uint64_t sum = 0;
        for (unsigned i = 0; i < context.count; ++i) {
            sum += context.at(i).amount;
            if (i > 0 && context.at(i).time < context.at(i - 1).time) return {"refills are in order", &context};
        }
        if (context.round_robin())
            return sum <= context.budget ? Violation{} : Violation{"a slice is at most the budget", &context};
        return sum == context.budget ? Violation{} : Violation{"refills sum to the budget", &context};
    });
}

Violation contexts_are_inverse(Kernel& kernel, Core& core) {
    const Violation in_context =
        each_object<SchedContext>(kernel.tree, CapType::sched_context, [&](SchedContext& context) -> Violation {
            if (context.home != nullptr && context.home->own_context != &context)
                return {"a context's thread has it", &context};
            if (context.release_node.linked() != (context.waiter != nullptr))
                return {"a context is in the release queue exactly when somebody waits", &context};
            if (context.waiter != nullptr &&
                (context.waiter->context != &context || context.waiter->state() != ThreadState::without_budget)) {
                return {"who waits for a context is without budget", &context};
            }
            // A thread that lends or runs has a stale word.
            unsigned users = core.context == &context ? 1 : 0;
            (void)each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
                const ThreadState state = thread.state();
                const bool stale = state == ThreadState::running || state == ThreadState::called_donating ||
                                   state == ThreadState::faulted_donating;
                if (!stale && thread.context == &context) ++users;
                return {};
            });
            return users <= 1 ? Violation{} : Violation{"one thread at most runs on a context", &context};
        });
    if (in_context.invariant != nullptr) return in_context;
    return each_object<Thread>(kernel.tree, CapType::thread, [&](Thread& thread) -> Violation {
        if (thread.own_context != nullptr && thread.own_context->home != &thread)
            return {"a thread's context names it", &thread};
        const ThreadState state = thread.state();
        const bool stale = state == ThreadState::running || state == ThreadState::called_donating ||
                           state == ThreadState::faulted_donating;
        if (stale || thread.context == nullptr) return {};
        bool living = false;
        (void)each_object<SchedContext>(kernel.tree, CapType::sched_context, [&](SchedContext& context) -> Violation {
            living = living || &context == thread.context;
            return {};
        });
        return living ? Violation{} : Violation{"what a thread runs on lives", &thread};
    });
}

}  // namespace selene::invariant
