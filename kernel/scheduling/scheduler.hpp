// SPDX-License-Identifier: BSD-2-Clause
// Scheduler: who runs on a core, on whose time.
#pragma once

#include "scheduling/core.hpp"

namespace selene::scheduler {

// --- A thread's readiness ------------------------------------------------------------------------------------

/// Let a thread that has stopped waiting go on: ready, or without budget until it has some. Asks for a switch if it
/// outranks the current one.
void make_runnable(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// Take a thread off the processor and out of every queue of the scheduler; its state is the caller's to set. A lent
/// budget goes with it (Thread::context).
void take_off(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// The current thread lets the others of its priority go first.
void yield(Core& core) SELENE_REQUIRES(own_core);
/// Let a thread be the next of its priority, before the current one if it has the same. Whether it takes over from the
/// current one, which is ready then.
[[nodiscard]] bool yield_to(Core& core, Thread& thread) SELENE_REQUIRES(own_core);
/// Change a thread's priority wherever it stands in the scheduler. Threads in IPC queues are not the scheduler's.
void set_priority(Core& core, Thread& thread, uint8_t priority) SELENE_REQUIRES(own_core);

// --- Time ----------------------------------------------------------------------------------------------------

/// Charge the core's context for the time since it was last charged.
void charge(Core& core, Ticks now) SELENE_REQUIRES(own_core);
/// A context's share of time, in ticks; refills 0: as many as the object can remember.
struct Share {
    uint64_t budget;
    uint64_t period;
    uint16_t refills;
};
/// Give a context its share of this core's time, all of it at once usable. A thread that waited for it goes on.
void configure(Core& core, SchedContext& context, Share share) SELENE_REQUIRES(own_core);
/// Give `context` to a thread that has none: it becomes what the thread runs on.
void bind(Core& core, SchedContext& context, Thread& thread) SELENE_REQUIRES(own_core);
/// Part a context from its thread and from whoever runs on it.
void unbind(Core& core, SchedContext& context) SELENE_REQUIRES(own_core);
/// The timer has fired: end budgets, release those that are due.
void handle_timer(Core& core) SELENE_REQUIRES(own_core);

// --- Leaving the kernel --------------------------------------------------------------------------------------

/// Choose the best thread; waits for an interrupt if there is none. On return core.current, its space, its time and the
/// timer are set.
[[nodiscard]] Thread& choose_thread(Core& core) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock);
/// The thread to run now: the current one, unless something says otherwise.
[[nodiscard]] inline Thread& next_thread(Core& core) SELENE_REQUIRES(own_core) SELENE_EXCLUDES(tree_lock) {
    if (core.reschedule == 0) [[likely]]
        return *core.current;
    return choose_thread(core);
}

}  // namespace selene::scheduler
