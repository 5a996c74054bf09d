// SPDX-License-Identifier: BSD-2-Clause
// System calls off the hot path: find the capability, do the call, choose who goes on.
#include "syscall/system_call.hpp"

#include <algorithm>
#include <memory>

#include "abi/dispatch.hpp"
#include "capability/unmap.hpp"
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "machine.hpp"
#include "scheduling/scheduler.hpp"
#include "syscall/interrupt.hpp"

namespace selene {

namespace {

using abi::ErrorCode;
using abi::SystemCall;
using ipc::Patience;
using ipc::Through;

constexpr unsigned reply_register = 10;
constexpr unsigned argument_reply = 2;

/// The slot that x0 names, with a capability of this type and right.
Result<Slot*> invoked(Thread& thread, CapType type, Rights right) SELENE_REQUIRES(own_core) {
    const CapIndex index(thread.registers.x[0]);
    TRY(slot, look_up(*thread.task, index, 0));
    if (slot->empty()) return refuse(ErrorCode::empty_slot, 0, index.value());
    if (slot->type() != type) return refuse(ErrorCode::wrong_type, 0, static_cast<uint64_t>(object_type(slot->type())));
    if (!slot->capability().allows(right)) return refuse(ErrorCode::missing_right, 0, right.mask());
    return slot;
}

Through through(const Slot& slot) {
    return {*slot.object<Endpoint>(), slot.capability().word1(), slot.capability().rights()};
}

/// The Reply that x10 names, null for none.
Result<Reply*> reply_of(Thread& thread) SELENE_REQUIRES(own_core) {
    const CapIndex index(thread.registers.x[reply_register]);
    if (index == no_capability) return nullptr;
    TRY(slot, look_up(*thread.task, index, argument_reply));
    if (slot->empty()) return refuse(ErrorCode::empty_slot, argument_reply, index.value());
    if (slot->type() != CapType::reply)
        return refuse(ErrorCode::wrong_type, argument_reply, static_cast<uint64_t>(object_type(slot->type())));
    if (!slot->capability().allows(rights::write))
        return refuse(ErrorCode::missing_right, argument_reply, rights::write.mask());
    return slot->object<Reply>();
}

/// Call a method of the object that the slot holds.
Result<void> call_method(Core& core, Thread& thread, Slot& slot) SELENE_REQUIRES(own_core) {
    const Held held(tree_lock);
    Invocation call(core, thread, slot);
    const uint32_t length = std::min(call.length(), unsigned{Requirement::Free::maximum});
    TRY_VOID(dispatch(call, slot.capability().word0(), call.tag().with_length(length)));
    message::deliver(thread, 0, call.result_tag());
    return {};
}

/// Call what the slot holds: an endpoint, or a method of another object.
Result<void> call_slot(Core& core, Thread& thread, Slot& slot) SELENE_REQUIRES(own_core) {
    if (slot.empty()) return refuse(ErrorCode::empty_slot, 0, thread.registers.x[0]);
    if (slot.type() == CapType::endpoint) {
        if (!slot.capability().allows(rights::write)) return refuse(ErrorCode::missing_right, 0, rights::write.mask());
        return ipc::call(core, through(slot));
    }
    const abi::Tag tag(thread.registers.x[1]);
    if ((tag.raw() & ~abi::Tag::user_mask) != 0 || tag.items() != 0) return refuse(ErrorCode::invalid_tag, tag.raw());
    return call_method(core, thread, slot);
}

Result<void> do_send(Core& core, Thread& thread, Patience patience) SELENE_REQUIRES(own_core) {
    TRY(slot, look_up(*thread.task, CapIndex(thread.registers.x[0]), 0));
    if (slot->type() != CapType::reply) {
        TRY(endpoint, invoked(thread, CapType::endpoint, rights::write));
        return ipc::send(core, through(*endpoint), patience);
    }
    TRY(reply_slot, invoked(thread, CapType::reply, rights::write));
    Reply& reply = *reply_slot->object<Reply>();
    if (reply.caller == nullptr) return refuse(ErrorCode::cancelled);
    if (thread.own_context == nullptr && lending::borrower(reply) == &thread) return refuse(ErrorCode::lent_budget, 0);
    TRY_VOID(ipc::answer(core, reply));
    thread.registers.x[0] = 0;
    thread.registers.x[1] = 0;
    return {};
}

Result<void> do_receive(Core& core, Thread& thread, Patience patience) SELENE_REQUIRES(own_core) {
    TRY(slot, invoked(thread, CapType::endpoint, rights::read));
    TRY(reply, reply_of(thread));
    TRY_VOID(ipc::check_receive(core, reply, nullptr));
    return ipc::receive(core, through(*slot), reply, patience);
}

Result<void> do_reply_receive(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    TRY(slot, invoked(thread, CapType::endpoint, rights::read));
    TRY(reply, reply_of(thread));
    if (reply == nullptr) return refuse(ErrorCode::no_reply, argument_reply);
    TRY_VOID(ipc::check_receive(core, reply, reply->caller));
    // The answer may grant away the very capability that the slot holds.
    const Through from = through(*slot);
    TRY_VOID(ipc::answer(core, *reply));
    return ipc::receive(core, from, reply, Patience::wait);
}

Result<void> do_notification(Core& core, Thread& thread, SystemCall number) SELENE_REQUIRES(own_core) {
    const Rights right = number == SystemCall::signal ? rights::write : rights::read;
    TRY(slot, invoked(thread, CapType::notification, right));
    Notification& notification = *slot->object<Notification>();
    if (number != SystemCall::signal)
        return ipc::wait(core, notification, number == SystemCall::poll ? Patience::refuse : Patience::wait);
    const uint64_t badge = slot->capability().word1();
    message::deliver(thread, 0, abi::Tag{});
    ipc::signal(core, notification, badge != 0 ? badge : 1);
    return {};
}

Result<void> perform(Core& core, Thread& thread, SystemCall number) SELENE_REQUIRES(own_core) {
    switch (number) {
    case SystemCall::call: {
        TRY(slot, look_up(*thread.task, CapIndex(thread.registers.x[0]), 0));
        return call_slot(core, thread, *slot);
    }
    case SystemCall::reply_receive: return do_reply_receive(core, thread);
    case SystemCall::send: return do_send(core, thread, Patience::wait);
    case SystemCall::receive: return do_receive(core, thread, Patience::wait);
    case SystemCall::try_send: return do_send(core, thread, Patience::refuse);
    case SystemCall::try_receive: return do_receive(core, thread, Patience::refuse);
    case SystemCall::wait:
    case SystemCall::poll:
    case SystemCall::signal: return do_notification(core, thread, number);
    case SystemCall::yield:
        message::deliver(thread, 0, abi::Tag{});
        scheduler::yield(core);
        return {};
    }
    __builtin_unreachable();
}

/// Let the thread repeat the system call, with what its registers say by now.
void repeat(Thread& thread) SELENE_REQUIRES(own_core) {
    machine::repeat_system_call(thread);
    thread.registers.pstate = machine::user_pstate;
    thread.resume = ResumeKind::all;
}

/// Never leaves the kernel: the thread has to repeat its system call, and that is arranged for.
constexpr auto not_begun = static_cast<ErrorCode>(0xfffe);

/// What every system call begins with: whether it may be performed now, or has to be repeated.
bool begin(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    core.current = &thread;
    core.entered = &thread;
    if (!thread.has_dying_tables()) [[likely]]
        return true;
    const Held held(tree_lock);
    PreemptionPoint preemption;
    const bool buried = bury_dying_tables(core, preemption);
    // What it has buried may have been what it runs by: its task, its budget.
    if (buried && thread.state() == ThreadState::running) return true;
    if (core.current == &thread) repeat(thread);
    return false;
}

/// The same for a method call from the hot path.
[[gnu::cold, gnu::noinline]] Result<void> bury_and_try(Invocation& call, abi::Tag tag) SELENE_REQUIRES(own_core) {
    if (!begin(call.core, call.caller)) return Refused{not_begun};
    if (call.self.empty()) return refuse(ErrorCode::empty_slot, 0, call.caller.registers.x[0]);
    const Held held(tree_lock);
    return dispatch(call, call.self.capability().word0(), tag);
}

/// What every system call ends with.
Thread& conclude(Core& core, Thread& thread, Result<void> result) SELENE_REQUIRES(own_core) {
    if (!result) [[unlikely]] {
        if (result.error() == preempted) {
            if (core.current == &thread) repeat(thread);
        } else {
            message::deliver_error(thread, result.error(), core.refusal);
        }
    }
    return scheduler::next_thread(core);
}

/// A fault of the current thread goes to whoever mends it.
Thread& raise(Core& core, Thread& thread, Fault fault) SELENE_REQUIRES(own_core) {
    core.current = &thread;
    thread.fault_address = fault.address;
    thread.fault_syndrome = fault.syndrome;
    ipc::raise_fault(core, fault.kind);
    return scheduler::next_thread(core);
}

}  // namespace

Thread& handle_system_call(Core& core, Thread& thread, uint64_t number) {
    const InKernel in_kernel(core);
    if (!begin(core, thread)) [[unlikely]]
        return scheduler::next_thread(core);
    return conclude(core, thread, perform(core, thread, static_cast<SystemCall>(number)));
}

Result<void> try_method(Invocation* place, Core& core, Thread& thread, Slot& slot, abi::Tag tag) {
    const InKernel in_kernel(core);
    Invocation& call = *std::construct_at(place, core, thread, slot);
    core.current = &thread;
    core.entered = &thread;
    if (thread.has_dying_tables()) [[unlikely]]
        return bury_and_try(call, tag);
    const Held held(tree_lock);
    return dispatch(call, slot.capability().word0(), tag);
}

Thread& conclude_method(Core& core, Result<void> result) {
    const InKernel in_kernel(core);
    const Invocation& call = *reinterpret_cast<const Invocation*>(core.invocation);
    if (result) {
        message::deliver(call.caller, 0, call.result_tag());
    } else if (result.error() == not_begun) {
        return scheduler::next_thread(core);
    } else if (result.error() == ErrorCode::unknown_method && call.self.type() == CapType::endpoint) {
        // It has no methods: the hot path has declined the case. Nothing has happened yet.
        result = call_slot(core, call.caller, call.self);
    }
    return conclude(core, call.caller, result);
}

Thread& handle_fault(Core& core, Thread& thread, Fault fault) {
    const InKernel in_kernel(core);
    return raise(core, thread, fault);
}

Thread& handle_interrupt_entry(Core& core, Thread& thread) {
    const InKernel in_kernel(core);
    core.current = &thread;
    handle_interrupts(core);
    return scheduler::next_thread(core);
}

Thread& handle_floating_point_trap(Core& core, Thread& thread, uint64_t syndrome) {
    const InKernel in_kernel(core);
    core.current = &thread;
    if (thread.floating_point != static_cast<uint8_t>(abi::FloatingPoint::allowed)) {
        return raise(core, thread, {abi::FaultKind::user_exception, 0, syndrome});
    }
    scheduler::give_floating_point(core, thread);
    return scheduler::next_thread(core);
}

}  // namespace selene
