// SPDX-License-Identifier: BSD-2-Clause
// The ways into the kernel off the hot path. Each is called by the machine's vectors and returns the thread to resume.
#pragma once

#include "scheduling/core.hpp"

namespace selene {

class Invocation;
struct Endpoint;
struct Notification;
struct Reply;

/// A system call: x0 to x10 are in thread.registers, and what it keeps is saved.
[[nodiscard]] Thread& handle_system_call(Core& core, Thread& thread, uint64_t number);

/// The same, of a capability that may be used so: with what ipc/hot_switch.hpp has found, and all that Look::object there
/// promises.
[[nodiscard]] Thread& handle_signal(Core& core, Thread& thread, Notification& notification, uint64_t bits);
[[nodiscard]] Thread& handle_wait(Core& core, Thread& thread, Notification& notification);
[[nodiscard]] Thread& handle_call(Core& core, Thread& thread, Endpoint& endpoint, uint64_t badge);
[[nodiscard]] Thread& handle_reply_receive(Core& core, Thread& thread, Endpoint& endpoint, Reply& reply);

/// A call of the capability in a slot that is looked up already; x0 to x9 are in thread.registers, and the tag has no
/// bits but those of a label and of a length in registers. Without an error, and if core.reschedule is 0, it is done:
/// the thread goes on with 0 in x0, core.invocation's result tag in x1, and x2 to x9 from thread.registers. Otherwise
/// conclude_method has the rest to do: a refusal, a repetition, a choice of who goes on, or all of the call when the thread
/// had dying tables to bury first. `place` is core.invocation.
[[nodiscard]] Result<void> try_method(Invocation* place, Core& core, Thread& thread, Slot& slot, abi::Tag tag);
[[nodiscard]] Thread& conclude_method(Core& core, Result<void> result);

/// Call a method of the object that the slot holds.
[[nodiscard]] Result<void> call_method(Core& core, Thread& thread, Slot& slot) SELENE_REQUIRES(own_core);

/// A fault of user code goes to whoever mends it: all registers are saved, thread.resume is `all`.
struct Fault {
    abi::FaultKind kind;
    uint64_t address;  ///< that was accessed, 0 if none was
    uint64_t syndrome;
};
[[nodiscard]] Thread& handle_fault(Core& core, Thread& thread, Fault fault);

/// An interrupt of user code: all registers are saved, thread.resume is `all`.
[[nodiscard]] Thread& handle_interrupt_entry(Core& core, Thread& thread);

/// User code has touched a floating-point register that was not switched on for it: all registers are saved. Null: it may
/// have none, and that was a fault.
[[nodiscard]] Thread* handle_floating_point_trap(Core& core, Thread& thread);

}  // namespace selene
