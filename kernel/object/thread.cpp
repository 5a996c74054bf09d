// SPDX-License-Identifier: BSD-2-Clause
// Thread's methods.
#include "object/thread.hpp"

#include "abi/methods.hpp"
#include "capability/derive.hpp"
#include "ipc/ipc.hpp"
#include "machine.hpp"
#include "object/frame.hpp"
#include "scheduling/scheduler.hpp"

namespace selene {

using abi::ErrorCode;

namespace {

Thread& thread_of(Invocation& call) { return *call.self.object<Thread>(); }

}  // namespace

Result<void> thread_bind_task(Invocation& call, const ThreadBindTask& arguments) {
    Thread& thread = thread_of(call);
    if (thread.task != nullptr) return refuse(ErrorCode::already_bound, 0);
    TRY_VOID(derive::check_child(*arguments.task, 0, {1, call.word(0)}));
    derive::installed(call.core.kernel->tree, *arguments.task, thread.task_slot, CapType::installed_task);
    thread.task = thread.task_slot.object<Task>();
    return {};
}

Result<void> thread_set_buffer(Invocation& call, const ThreadSetBuffer& arguments) {
    Thread& thread = thread_of(call);
    if (thread.buffer != nullptr) return refuse(ErrorCode::already_bound, 0);
    const Frame frame(*arguments.frame);
    if (frame.device()) return refuse(ErrorCode::device_memory, 1);
    if (arguments.offset >= frame.bytes())
        return refuse(ErrorCode::argument_out_of_range, 2, frame.bytes() - abi::ipc_buffer_bytes);
    TRY_VOID(derive::check_child(*arguments.frame, 0, {1, call.word(0)}));
    derive::installed(call.core.kernel->tree, *arguments.frame, thread.buffer_slot, CapType::installed_buffer);
    thread.buffer = machine::window<uint64_t>(frame.base() + arguments.offset);
    return {};
}

Result<void> thread_set_priority(Invocation& call, const ThreadSetPriority& arguments) {
    const uint8_t limit = arguments.authority->object<Thread>()->maximum_priority;
    if (arguments.priority.value() > limit) return refuse(ErrorCode::argument_out_of_range, 1, limit);
    if (arguments.maximum.value() > limit) return refuse(ErrorCode::argument_out_of_range, 2, limit);
    Thread& thread = thread_of(call);
    ipc::set_priority(call.core, thread, arguments.priority.value());
    thread.maximum_priority = arguments.maximum.value();
    return {};
}

Result<void> thread_start(Invocation& call, const ThreadStart& arguments) {
    Thread& thread = thread_of(call);
    if (thread.state() != ThreadState::inactive || thread.started != 0) {
        return refuse(ErrorCode::wrong_state, 0, static_cast<uint64_t>(thread.state()));
    }
    if (thread.task == nullptr || thread.task->space == nullptr) return refuse(ErrorCode::no_space, 0);
    thread.started = 1;
    thread.pc = arguments.pc.value();
    thread.sp = arguments.sp.value();
    thread.tls = arguments.tls;
    thread.floating_point = static_cast<uint8_t>(arguments.floating_point);
    thread.registers.x[0] = arguments.argument0;
    thread.registers.x[1] = arguments.argument1;
    thread.summary = (thread.summary & 0xffff) | call.core.summary_bits();
    scheduler::make_runnable(call.core, thread);
    return {};
}

Result<void> thread_suspend(Invocation& call) {
    Thread& thread = thread_of(call);
    if (thread.stopped()) return {};
    const ThreadState state = thread.state();
    if (state == ThreadState::running) thread.set_state(ThreadState::ready);
    if (state == ThreadState::running) thread.context = call.core.context;
    if (state == ThreadState::ready) scheduler::take_off(call.core, thread);
    thread.set_flag(state_stopped);
    call.core.reschedule = 1;
    return {};
}

Result<void> thread_resume(Invocation& call) {
    Thread& thread = thread_of(call);
    if (thread.started == 0) return refuse(ErrorCode::wrong_state, 0, static_cast<uint64_t>(thread.state()));
    if (!thread.stopped()) return {};
    thread.clear_flag(state_stopped);
    if (thread.state() == ThreadState::ready) scheduler::make_runnable(call.core, thread);
    return {};
}

Result<void> thread_set_tls(Invocation& call, const ThreadSetTls& arguments) {
    Thread& thread = thread_of(call);
    thread.tls = arguments.tls;
    if (&thread == &call.caller) machine::set_tls(arguments.tls);
    return {};
}

}  // namespace selene
