// SPDX-License-Identifier: BSD-2-Clause
// Choosing threads and switching to them.
#include "scheduling/scheduler.hpp"

#include <utility>

#include "base/assert.hpp"
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "machine.hpp"
#include "scheduling/switching.hpp"
#include "syscall/interrupt.hpp"

namespace selene::scheduler {

namespace {

/// Wait for the context's first refill; a thread that runs on nothing waits for one to be bound.
void await_budget(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    thread.set_state(ThreadState::without_budget);
    SchedContext* context = thread.context;
    if (context == nullptr || context->core == nullptr) return;
    context->waiter = &thread;
    core.release.insert(*context);
}

void leave_release_queue(Core& core, SchedContext& context) SELENE_REQUIRES(own_core) {
    if (!context.release_node.linked()) return;
    core.release.remove(context);
    context.waiter = nullptr;
}

/// Put the current thread, which could go on, behind what outranks it.
void preempt(Core& core) SELENE_REQUIRES(own_core) {
    Thread* thread = core.current;
    if (thread == nullptr || thread->state() != ThreadState::running) return;
    thread->context = core.context;
    thread->lost_time = LostTime::used_up;
    thread->set_state(ThreadState::ready);
    if (thread->stopped()) return;
    core.ready.prepend(*thread);
}

/// A thread that could run has no time: a time-out if it has just lost it and somebody wants to know.
void lose_time(Core& core, Thread& thread) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock) {
    const LostTime lost = std::exchange(thread.lost_time, LostTime::none);
    thread.set_state(ThreadState::without_budget);
    const bool alone = lost == LostTime::lender_left;
    const auto cause = alone ? abi::TimeoutCause::lender_left : abi::TimeoutCause::used_up;
    if (lost != LostTime::none && ipc::raise_timeout(core, thread, cause)) return;
    if (!alone || !ipc::await_lender(core, thread)) await_budget(core, thread);
}

/// Make `thread` current if its budget and its address space allow it.
bool dispatch(Core& core, Thread& thread, Ticks now) SELENE_REQUIRES(own_core) {
    SchedContext* context = thread.context;
    if (context == nullptr || context->core != &core || !context->ready(now, core.kernel->minimum_budget)) {
        lose_time(core, thread);
        return false;
    }
    Task* task = thread.task;
    if (task == nullptr || !task->has_space()) {
        thread.set_state(ThreadState::inactive);
        if (thread.reply != nullptr) ipc::quit(core, *thread.reply);
        return false;
    }
    if (task->root_hint() == 0) {
        const Held held(tree_lock);
        core.kernel->tags.activate(*task);
    }
    machine::set_space(task->root_hint());
    core.context = context;
    core.charged_until = now.value();
    core.current = &thread;
    thread.set_state(ThreadState::running);
    thread.lost_time = LostTime::none;
    machine::switch_fpu(core, thread);
    return true;
}

}  // namespace

[[gnu::flatten]] void publish_floor(Core& core) {
    machine::set_core_word(core, core.ready.highest() | (machine::core_word(core) & machine::fpu_live));
}

void enqueue(Core& core, Thread& thread) {
    thread.set_state(ThreadState::ready);
    core.ready.append(thread);
    publish_floor(core);
}

void charge(Core& core, Ticks now) {
    if (core.context == nullptr) return;
    core.context->charge(now.value() - core.charged_until, now);
    core.charged_until = now.value();
}

void make_runnable(Core& core, Thread& thread) {
    if (thread.stopped()) {
        thread.set_state(ThreadState::ready);
        return;
    }
    // Whose lender has left is told so when it would be dispatched.
    const bool lost = thread.context == nullptr && thread.lost_time == LostTime::lender_left;
    if (!lost && (thread.context == nullptr || thread.context->core == nullptr)) {
        thread.set_state(ThreadState::without_budget);
        return;
    }
    enqueue(core, thread);
    if (core.current == nullptr || thread.priority() > core.current->priority()) core.reschedule = 1;
}

void take_off(Core& core, Thread& thread) {
    switch (thread.state()) {
    case ThreadState::running:
        thread.context = core.context;
        core.reschedule = 1;
        break;
    case ThreadState::ready:
        if (!thread.stopped()) {
            core.ready.remove(thread);
            publish_floor(core);
        }
        break;
    case ThreadState::without_budget:
        if (thread.context != nullptr) leave_release_queue(core, *thread.context);
        break;
    case ThreadState::receiving_passive:
    case ThreadState::called_donating:
    case ThreadState::waiting:
    case ThreadState::faulted_donating:
    case ThreadState::receiving_active:
    case ThreadState::called_keeping:
    case ThreadState::sending:
    case ThreadState::calling:
    case ThreadState::faulting:
    case ThreadState::faulted_keeping:
    case ThreadState::receiving_plain:
    case ThreadState::unfinished:
    case ThreadState::faulting_alone:
    case ThreadState::inactive: break;
    }
}

void yield(Core& core) {
    Thread& thread = *core.current;
    if (core.ready.empty(thread.priority())) return;
    thread.context = core.context;
    thread.lost_time = LostTime::used_up;
    enqueue(core, thread);
    core.reschedule = 1;
}

bool yield_to(Core& core, Thread& thread) {
    if (thread.state() != ThreadState::ready || thread.stopped()) return false;
    core.ready.remove(thread);
    const bool takes_over = thread.priority() >= core.current->priority();
    if (takes_over) {
        preempt(core);
        core.reschedule = 1;
    }
    core.ready.prepend(thread);
    publish_floor(core);
    return takes_over;
}

void set_priority(Core& core, Thread& thread, uint8_t priority) {
    if (thread.state() == ThreadState::ready && !thread.stopped()) {
        core.ready.remove(thread);
        thread.set_priority(priority);
        core.ready.append(thread);
        publish_floor(core);
        if (core.current == nullptr || priority > core.current->priority()) core.reschedule = 1;
    } else {
        thread.set_priority(priority);
        if (&thread == core.current && core.ready.highest() > priority) core.reschedule = 1;
    }
}

void configure(Core& core, SchedContext& context, Share share) {
    const Ticks now = machine::now();
    if (core.context == &context) charge(core, now);
    Thread* waiter = context.waiter;
    leave_release_queue(core, context);
    context.core = &core;
    context.configure(share.budget, share.period, share.refills != 0 ? share.refills : context.capacity, now);
    if (waiter == nullptr && context.home != nullptr && context.home->context == &context &&
        context.home->state() == ThreadState::without_budget) {
        waiter = context.home;
    }
    if (waiter != nullptr) make_runnable(core, *waiter);
    core.reschedule = 1;
}

void bind(Core& core, SchedContext& context, Thread& thread) {
    context.home = &thread;
    thread.own_context = &context;
    thread.lost_time = LostTime::none;
    thread.loan_depth = 0;
    const bool idle = thread.state() == ThreadState::without_budget && thread.context == nullptr;
    if (thread.state() != ThreadState::running && thread.context == nullptr) thread.context = &context;
    if (idle) make_runnable(core, thread);
}

void unbind(Core& core, SchedContext& context) {
    Thread* thread = context.home;
    if (thread != nullptr) {
        thread->own_context = nullptr;
        context.home = nullptr;
        if (thread->context == &context && thread->state() != ThreadState::running) {
            take_off(core, *thread);
            if (thread->state() == ThreadState::ready) thread->set_state(ThreadState::without_budget);
            thread->context = nullptr;
        }
    }
    if (Thread* waiter = context.waiter; waiter != nullptr) {
        leave_release_queue(core, context);
        waiter->context = nullptr;
    }
    if (core.context == &context) {
        charge(core, machine::now());
        core.context = nullptr;
        if (Thread* current = core.current; current != nullptr && current->state() == ThreadState::running) {
            current->set_state(ThreadState::without_budget);
            current->context = nullptr;
        }
        core.reschedule = 1;
    }
}

void handle_timer(Core& core) {
    const Ticks now = machine::now();
    charge(core, now);
    Thread* current = core.current;
    if (core.context != nullptr && current != nullptr && current->state() == ThreadState::running &&
        (core.context->first().amount < core.kernel->minimum_budget || core.context->first().time > now.value())) {
        // The slice is used up: behind its equals, where its budget is looked at again.
        current->context = core.context;
        current->lost_time = LostTime::used_up;
        enqueue(core, *current);
        core.reschedule = 1;
    }
    for (unsigned released = 0; released < config::releases_per_interrupt; ++released) {
        SchedContext* first = core.release.first();
        if (first == nullptr || first->first().time > now.value()) break;
        Thread& thread = *first->waiter;
        leave_release_queue(core, *first);
        make_runnable(core, thread);
    }
    set_timer(core);
}

[[clang::minsize]] Thread& choose_thread(Core& core) {
    Ticks now = machine::now();
    charge(core, now);
    preempt(core);
    core.current = nullptr;
    core.context = nullptr;
    unsigned floor;
    for (;;) {
        Thread* thread = core.ready.first();
        if (thread == nullptr) {
            set_timer(core);
            machine::wait_for_interrupt();
            handle_interrupts(core);
            now = machine::now();
            continue;
        }
        floor = core.ready.pop(*thread);
        if (dispatch(core, *thread, now)) break;
        if (machine::interrupt_pending()) {
            handle_interrupts(core);
            now = machine::now();
        }
    }
    core.reschedule = 0;
    machine::set_core_word(core, floor | (machine::core_word(core) & machine::fpu_live));
    set_timer(core);
    return *core.current;
}

}  // namespace selene::scheduler
