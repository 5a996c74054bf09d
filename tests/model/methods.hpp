// SPDX-License-Identifier: BSD-2-Clause
// The methods of the interface's objects: each refuses, or does. Arguments are those of kernel/abi/*.yaml.
#pragma once

#include "call.hpp"

namespace selene::model {

// --- Capabilities (tables.cpp) ----------------------------------------------------------------------------------------

namespace cap_table {
Outcome map(System& system, const Call& call);
Outcome grant(System& system, const Call& call);
Outcome unmap(System& system, const Call& call);
Outcome cancel_sends(System& system, const Call& call);
}  // namespace cap_table

/// Whether a child with a badge may be derived; the error names the parent by `argument` and `index`.
Outcome check_child(const System& system, const Capability& parent, uint64_t badge, uint64_t argument, uint64_t index);
/// Whether a slot is there, and free.
Outcome check_slot(const System& system, Place place, uint64_t argument);

// --- Memory (memory.cpp, mappings.cpp) --------------------------------------------------------------------------------

namespace untyped {
Outcome retype(System& system, const Call& call);
}
namespace frame {
Outcome maintain(System& system, const Call& call);
}
namespace address_space {
Outcome map_table(System& system, const Call& call);
Outcome map(System& system, const Call& call);
Outcome unmap(System& system, const Call& call);
Outcome protect(System& system, const Call& call);
}  // namespace address_space

// --- Tasks, threads, time (threads.cpp) -------------------------------------------------------------------------------

namespace task {
Outcome install(System& system, const Call& call);
Outcome remove(System& system, const Call& call);
}  // namespace task
namespace thread {
Outcome bind_task(System& system, const Call& call);
Outcome set_buffer(System& system, const Call& call);
Outcome set_priority(System& system, const Call& call);
Outcome start(System& system, const Call& call);
Outcome suspend(System& system, const Call& call);
Outcome resume(System& system, const Call& call);
Outcome set_tls(System& system, const Call& call);
Outcome read_registers(System& system, const Call& call);
Outcome write_registers(System& system, const Call& call);
}  // namespace thread
namespace sched_context {
Outcome bind(System& system, const Call& call);
Outcome unbind(System& system, const Call& call);
Outcome consumed(System& system, const Call& call);
}  // namespace sched_context
namespace schedule_control {
Outcome configure(System& system, const Call& call);
}

/// What a thread does.
enum class Activity : uint8_t {
    inactive,        ///< not started, or it has lost its task
    stopped,         ///< suspended: else it would run or wait for time
    runs,            ///< or would, if nobody more urgent did
    without_budget,  ///< no context, or none that was given time
};
Activity activity(const Object& thread);
/// What it would do if it were not stopped.
abi::ThreadState state(const Object& thread);
/// Whether it would go on when its turn comes: it has somewhere to run.
bool can_run(const System& system, const Object& thread);

// --- Signals (signals.cpp) --------------------------------------------------------------------------------------------

namespace notification {
Outcome bind(System& system, const Call& call);
Outcome unbind(System& system, const Call& call);
}  // namespace notification
namespace interrupt_control {
Outcome issue(System& system, const Call& call);
Outcome raise(System& system, const Call& call);
}  // namespace interrupt_control
namespace interrupt_handler {
Outcome bind(System& system, const Call& call);
Outcome acknowledge(System& system, const Call& call);
Outcome unbind(System& system, const Call& call);
}  // namespace interrupt_handler

// --- Reports (reports.cpp) --------------------------------------------------------------------------------------------

/// The methods that tell what there is. They change nothing.
namespace inspect {
Outcome table_slot(System& system, const Call& call);
Outcome task_slot(System& system, const Call& call);
Outcome thread_slot(System& system, const Call& call);
Outcome handler_slot(System& system, const Call& call);
Outcome thread(System& system, const Call& call);
Outcome sched_context(System& system, const Call& call);
Outcome untyped(System& system, const Call& call);
Outcome frame(System& system, const Call& call);
Outcome address_space(System& system, const Call& call);
Outcome interrupt_handler(System& system, const Call& call);
Outcome reply(System& system, const Call& call);
}  // namespace inspect

/// The system calls of notifications that do not wait.
Outcome signal(System& system, const Object& thread, uint64_t self);
Outcome poll(System& system, const Object& thread, uint64_t self);
/// A line is raised for a moment.
void raise(System& system, unsigned line);

}  // namespace selene::model
