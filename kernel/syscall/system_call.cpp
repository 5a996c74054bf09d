// SPDX-License-Identifier: BSD-2-Clause
// System calls off the hot path: find the capability, do the call, choose who goes on.
#include "syscall/system_call.hpp"

#include <algorithm>
#include <memory>

#include "abi/dispatch.hpp"
#include "capability/unmap.hpp"
#include "ipc/direct_switch.hpp"
#include "ipc/ipc.hpp"
#include "ipc/message.hpp"
#include "machine.hpp"
#include "scheduling/scheduler.hpp"
#include "syscall/interrupt.hpp"
#include "syscall/perform.hpp"

namespace selene {

namespace {

using abi::ErrorCode;
using abi::SystemCall;

/// Never leaves the kernel: the thread's registers say already what becomes of its method call.
constexpr auto finished = static_cast<ErrorCode>(0xfffe);

/// What every system call begins with: whether it may be performed now, or has to be repeated.
bool begin(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    if (!thread.has_dying_tables()) [[likely]]
        return true;
    const Held held(tree_lock);
    PreemptionPoint preemption;
    const bool buried = bury_dying_tables(core, preemption);
    // What it has buried may have been what it runs by: its task, its budget.
    if (buried && thread.state() == ThreadState::running) return true;
    if (core.current == &thread) ipc::repeat_call(core, thread);
    return false;
}

/// What every system call ends with, before somebody goes on.
void finish(Core& core, Thread& thread, Result<void> result) SELENE_REQUIRES(own_core) {
    if (result) [[likely]]
        return;
    if (result.error() != preempted) {
        // A range that is refused before its next item is looked at has come as far as its progress says.
        Refusal refusal = core.refusal;
        refusal.done = std::max(refusal.done, Invocation::progress_of(thread));
        message::deliver_error(thread, result.error(), refusal);
    } else if (core.current == &thread) {
        ipc::repeat_call(core, thread);
    }
}

/// A method call from the hot path when there is something to bury first. That may have taken the capability with it:
/// it is looked up again.
[[gnu::cold, gnu::noinline]] Result<void> bury_and_call(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    if (begin(core, thread)) finish(core, thread, perform(core, thread, SystemCall::call));
    auto code = finished;
    asm("" : "+r"(code));  // a caller that knew it could not leave by a jump here
    return Refused{code};
}

Thread& handle(Core& core, Thread& thread, SystemCall number) SELENE_REQUIRES(own_core) {
    if (!begin(core, thread)) [[unlikely]]
        return scheduler::next_thread(core);
    finish(core, thread, perform(core, thread, number));
    return scheduler::next_thread(core);
}

/// A system call of which a direct switch is tried first. What has to be buried before may take away what was found.
template <class Switch>
[[gnu::always_inline]] inline Thread& directly(Core& core, Thread& thread, SystemCall number, const Switch& attempt)
    SELENE_REQUIRES(own_core) {
    core.entered = nullptr;
    if (machine::direct_switches() && !thread.has_dying_tables()) [[likely]] {
        if (Thread* next = attempt(); next != nullptr) [[likely]]
            return *next;
    }
    core.current = &thread;
    return handle(core, thread, number);
}

}  // namespace

Thread& handle_system_call(Core& core, Thread& thread, uint64_t number) {
    const InKernel in_kernel(core);
    const auto call = static_cast<SystemCall>(number);
    return directly(core, thread, call, [&]() SELENE_REQUIRES(own_core) {
        core.current = &thread;
        return direct::perform(core, thread, call);
    });
}

Thread& handle_signal(Core& core, Thread& thread, Notification& notification, uint64_t bits) {
    const InKernel in_kernel(core);
    return directly(core, thread, SystemCall::signal, [&]() SELENE_REQUIRES(own_core) {
        core.current = &thread;
        Thread* next = direct::signal(core, notification, bits);
        if (next != nullptr) message::deliver(thread, 0, abi::Tag{});
        return next;
    });
}

Thread& handle_wait(Core& core, Thread& thread, Notification& notification) {
    const InKernel in_kernel(core);
    return directly(core, thread, SystemCall::wait,
                    [&]() SELENE_REQUIRES(own_core) { return direct::wait(core, thread, notification); });
}

Thread& handle_call(Core& core, Thread& thread, Endpoint& endpoint, uint64_t badge) {
    const InKernel in_kernel(core);
    return directly(core, thread, SystemCall::call,
                    [&]() SELENE_REQUIRES(own_core) { return direct::call(core, thread, endpoint, badge); });
}

Thread& handle_reply_receive(Core& core, Thread& thread, Endpoint& endpoint, Reply& reply) {
    const InKernel in_kernel(core);
    return directly(core, thread, SystemCall::reply_receive,
                    [&]() SELENE_REQUIRES(own_core) { return direct::reply_receive(core, thread, endpoint, reply); });
}

Result<void> try_method(Invocation* place, Core& core, Thread& thread, Slot& slot, abi::Tag tag) {
    const InKernel in_kernel(core);
    Invocation& call = *std::construct_at(place, core, thread, slot);
    core.current = &thread;
    core.entered = &thread;
    if (thread.has_dying_tables()) [[unlikely]]
        return bury_and_call(core, thread);
    const Held held(tree_lock);
    return dispatch(call, slot.capability().word0(), tag);
}

Result<void> call_method(Core& core, Thread& thread, Slot& slot) {
    const Held held(tree_lock);
    Invocation call(core, thread, slot);
    const uint32_t length = std::min(call.length(), unsigned{Requirement::Free::maximum});
    TRY_VOID(dispatch(call, slot.capability().word0(), call.tag().with_length(length)));
    message::deliver(thread, 0, call.result_tag());
    return {};
}

Thread& conclude_method(Core& core, Result<void> result) {
    const InKernel in_kernel(core);
    const Invocation& call = *reinterpret_cast<const Invocation*>(core.invocation);
    if (result) {
        message::deliver(call.caller, 0, call.result_tag());
    } else if (result.error() == finished) {
        return scheduler::next_thread(core);
    } else if (result.error() == ErrorCode::unknown_method && call.self.type() == CapType::endpoint) {
        // It has no methods: the hot path has declined the case. Nothing has happened yet.
        result = call_slot(core, call.caller, call.self);
    }
    finish(core, call.caller, result);
    return scheduler::next_thread(core);
}

Thread& handle_fault(Core& core, Thread& thread, Fault fault) {
    const InKernel in_kernel(core);
    core.current = &thread;
    thread.fault_address = fault.address;
    thread.fault_syndrome = fault.syndrome;
    if (machine::direct_switches()) {
        if (Thread* next = direct::raise_fault(core, thread, fault.kind); next != nullptr) return *next;
    }
    ipc::raise_fault(core, fault.kind);
    return scheduler::next_thread(core);
}

Thread& handle_interrupt_entry(Core& core, Thread& thread) {
    const InKernel in_kernel(core);
    core.current = &thread;
    handle_interrupts(core);
    return scheduler::next_thread(core);
}

Thread* handle_floating_point_trap(Core& core, Thread& thread) {
    const InKernel in_kernel(core);
    if (thread.floating_point != static_cast<uint8_t>(abi::FloatingPoint::allowed)) return nullptr;
    core.current = &thread;
    thread.set_flag(state_uses_fpu);
    machine::switch_fpu(core, thread);
    return &scheduler::next_thread(core);
}

}  // namespace selene
