// SPDX-License-Identifier: BSD-2-Clause
// The ways into the kernel off the hot path. Each is called by the machine's vectors and returns the thread to resume.
#pragma once

#include "scheduling/core.hpp"

namespace selene {

class Invocation;

/// A system call: x0 to x10 are in thread.registers; for the other registers see Core::entered.
[[nodiscard]] Thread& handle_system_call(Core& core, Thread& thread, uint64_t number);

/// A call of the capability in a slot that is looked up already; x0 to x9 are in thread.registers, and the tag has no
/// bits but those of a label and of a length in registers. Without an error, and if core.reschedule is 0, it is done:
/// the thread goes on with 0 in x0, core.invocation's result tag in x1, and x2 to x9 from thread.registers. Otherwise
/// conclude_method has the rest to do. `place` is core.invocation.
[[nodiscard]] Result<void> try_method(Invocation* place, Core& core, Thread& thread, Slot& slot, abi::Tag tag);
[[nodiscard]] Thread& conclude_method(Core& core, Result<void> result);

/// A fault of user code: all registers are saved, thread.resume is `all`.
struct Fault {
    abi::FaultKind kind;
    uint64_t address;
    uint64_t syndrome;
};
[[nodiscard]] Thread& handle_fault(Core& core, Thread& thread, Fault fault);

/// An interrupt of user code: all registers are saved, thread.resume is `all`.
[[nodiscard]] Thread& handle_interrupt_entry(Core& core, Thread& thread);

/// User code has touched a floating-point register that was not switched on for it: all registers are saved.
[[nodiscard]] Thread& handle_floating_point_trap(Core& core, Thread& thread, uint64_t syndrome);

}  // namespace selene
