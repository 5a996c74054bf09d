// SPDX-License-Identifier: BSD-2-Clause
// Thread's methods.
#include "object/thread.hpp"

#include "abi/methods.hpp"
#include "capability/derive.hpp"
#include "ipc/ipc.hpp"
#include "machine.hpp"
#include "object/frame.hpp"
#include "object/inspection.hpp"
#include "scheduling/scheduler.hpp"

namespace selene {

using abi::ErrorCode;

namespace {

Thread& thread_of(Invocation& call) { return *call.self.object<Thread>(); }

using inspection::refuse_state;

// Numbers of registers, as read_registers and write_registers count them. From x19 to the thread pointer they stand in
// this order in the thread, too.
constexpr unsigned first_dead = 10;
constexpr unsigned first_preserved = 19;
constexpr unsigned number_of_pc = 32;
constexpr unsigned number_of_tls = 33;
constexpr unsigned number_of_pstate = 34;
static_assert(offsetof(Thread, tls) - offsetof(Thread, preserved) ==
              (number_of_tls - first_preserved) * sizeof(uint64_t));
static_assert(abi::thread_registers == number_of_pstate + 1);

uint64_t& register_of(Thread& thread, unsigned number) SELENE_REQUIRES(own_core) {
    uint64_t* const from_x19 = thread.preserved;
    if (number < first_preserved) return thread.registers.x[number];
    return number == number_of_pstate ? thread.registers.pstate : from_x19[number - first_preserved];
}

/// Which registers of a thread may be read and written now.
enum class Access : uint8_t {
    none,       ///< it may run at any time
    preserved,  ///< it is stopped in a system call, which has the rest
    all,
};

Access access_to(const Thread& thread) SELENE_REQUIRES(own_core) {
    switch (inspection::state_of(thread)) {
    case abi::ThreadState::inactive:
    case abi::ThreadState::faulting:
    case abi::ThreadState::faulted: return Access::all;
    case abi::ThreadState::runnable:
    case abi::ThreadState::unfinished:
    case abi::ThreadState::without_budget: return thread.stopped() ? Access::all : Access::none;
    case abi::ThreadState::sending:
    case abi::ThreadState::calling:
    case abi::ThreadState::awaiting_reply:
    case abi::ThreadState::receiving:
    case abi::ThreadState::awaiting_signal: return thread.stopped() ? Access::preserved : Access::none;
    }
}

/// Whether a system call destroys the register.
bool is_scratch(unsigned number) { return number < first_preserved || number == number_of_pstate; }

uint64_t read_register(Thread& thread, unsigned number) SELENE_REQUIRES(own_core) {
    if (number >= abi::thread_registers) return 0;
    const bool dead = thread.resume == ResumeKind::message && is_scratch(number) && number >= first_dead;
    return dead ? 0 : register_of(thread, number);
}

/// Every register goes on as it stands from now on, those too that a system call has destroyed.
void revive_registers(Thread& thread) SELENE_REQUIRES(own_core) {
    for (unsigned number = 0; number < abi::thread_registers; ++number) {
        register_of(thread, number) = read_register(thread, number);
    }
    thread.resume = ResumeKind::all;
}

}  // namespace

Result<void> thread_bind_task(Invocation& call, const ThreadBindTask& arguments) {
    Thread& thread = thread_of(call);
    if (thread.task != nullptr) return refuse(ErrorCode::already_bound, 0);
    TRY_VOID(derive::check_child(*arguments.task, 0, {1, call.word(0)}));
    derive::installed(*arguments.task, thread.task_slot, CapType::installed_task);
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
    derive::installed(*arguments.frame, thread.buffer_slot, CapType::installed_buffer);
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
        return refuse_state(thread, 0);
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
    if (state == ThreadState::running || state == ThreadState::ready) scheduler::take_off(call.core, thread);
    thread.set_flag(state_stopped);
    return {};
}

Result<void> thread_resume(Invocation& call) {
    Thread& thread = thread_of(call);
    if (thread.started == 0) return refuse_state(thread, 0);
    const bool ended = thread.state() == ThreadState::inactive;
    if (ended && (thread.task == nullptr || thread.task->space == nullptr)) return refuse(ErrorCode::no_space, 0);
    const bool stopped = thread.stopped();
    thread.clear_flag(state_stopped);
    if (ended || (stopped && thread.state() == ThreadState::ready)) scheduler::make_runnable(call.core, thread);
    return {};
}

Result<RegisterGroup> thread_read_registers(Invocation& call, const ThreadReadRegisters& arguments) {
    Thread& thread = thread_of(call);
    if (access_to(thread) == Access::none) return refuse_state(thread, 0);
    const auto value = [&, first = static_cast<unsigned>(arguments.group) * abi::register_words](unsigned place)
                           SELENE_REQUIRES(own_core) { return read_register(thread, first + place); };
    return RegisterGroup{value(0), value(1), value(2), value(3), value(4), value(5), value(6), value(7)};
}

Result<void> thread_write_registers(Invocation& call, const ThreadWriteRegisters& arguments) {
    Thread& thread = thread_of(call);
    const auto first = static_cast<unsigned>(arguments.first);
    const auto end = first + static_cast<unsigned>(arguments.count);
    if (end > abi::thread_registers) {
        return refuse(ErrorCode::argument_out_of_range, ThreadWriteRegisters::Number::count,
                      abi::thread_registers - first);
    }
    const Access access = access_to(thread);
    if (access == Access::none) return refuse_state(thread, 0);
    for (unsigned number = first; number < end; ++number) {
        if (access != Access::all && is_scratch(number)) return refuse_state(thread, 0);
    }
    if (access == Access::all) revive_registers(thread);
    const uint64_t values[] = {arguments.value0, arguments.value1, arguments.value2, arguments.value3,
                               arguments.value4};
    for (unsigned number = first; number < end; ++number) {
        const uint64_t value = values[number - first];
        register_of(thread, number) = number == number_of_pstate ? machine::user_pstate_with_flags(value) : value;
        if (number == number_of_pc) ipc::send_elsewhere(thread);
    }
    return {};
}

Result<void> thread_set_tls(Invocation& call, const ThreadSetTls& arguments) {
    Thread& thread = thread_of(call);
    thread.tls = arguments.tls;
    if (&thread == &call.caller) machine::set_tls(arguments.tls);
    return {};
}

}  // namespace selene
