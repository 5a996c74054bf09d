// SPDX-License-Identifier: BSD-2-Clause
// Methods of tasks, threads and scheduling contexts: who could run.
#include "methods.hpp"

namespace selene::model {

namespace {

/// A capability that an object holds in a slot of its own.
Outcome install_child(System& system, Capability& parent, Place place, uint64_t argument, uint64_t index) {
    const Outcome allowed = check_child(system, parent, 0, argument, index);
    if (!allowed.refused()) system.derive(parent, place, parent.rights, 0);
    return allowed;
}

bool has_time(const Object& thread) {
    const Object* context = thread.thread.context;
    return context != nullptr && context->context.budget != 0;
}

}  // namespace

Activity activity(const Object& thread) {
    const Thread& it = thread.thread;
    if (!it.started || it.ended) return Activity::inactive;
    if (it.stopped) return Activity::stopped;
    return has_time(thread) ? Activity::runs : Activity::without_budget;
}

abi::ThreadState state(const Object& thread) {
    const Thread& it = thread.thread;
    if (!it.started || it.ended) return abi::ThreadState::inactive;
    const bool lacks = it.stopped ? it.lacks_time : !has_time(thread);
    return lacks ? abi::ThreadState::without_budget : abi::ThreadState::runnable;
}

bool can_run(const System& system, const Object& thread) {
    const Capability* task = system.in({const_cast<Object*>(&thread), 0});
    return activity(thread) == Activity::runs && task != nullptr && system.in({task->object, 1}) != nullptr;
}

// --- Task ----------------------------------------------------------------------------------------------------

Outcome task::install(System& system, const Call& call) {
    constexpr ObjectType accepted[] = {ObjectType::cap_table, ObjectType::address_space, ObjectType::endpoint,
                                       ObjectType::endpoint};
    const uint64_t where = call.words[0];
    const Place place{&call.object(), where};
    Capability& source = *call.capabilities[1];
    if (system.in(place) != nullptr) return Outcome::refused(ErrorCode::occupied_slot, 1, where);
    if (source.object->type != accepted[where])
        return Outcome::refused(ErrorCode::wrong_type, 2, number(source.object->type));
    if ((source.rights & bit(Right::write)) == 0)
        return Outcome::refused(ErrorCode::missing_right, 2, bit(Right::write));
    return install_child(system, source, place, 2, call.words[1]);
}

Outcome task::remove(System& system, const Call& call) {
    Capability* installed = system.in({&call.object(), call.words[0]});
    if (installed == nullptr) return Outcome::refused(ErrorCode::empty_slot, 1, call.words[0]);
    system.take(*installed);
    return {};
}

namespace {

Outcome refuse_state(const Object& thread) {
    return Outcome::refused(ErrorCode::wrong_state, 0, static_cast<uint64_t>(state(thread)));
}

}  // namespace

// --- Thread --------------------------------------------------------------------------------------------------

Outcome thread::bind_task(System& system, const Call& call) {
    const Place place{&call.object(), 0};
    if (system.in(place) != nullptr) return Outcome::refused(ErrorCode::already_bound, 0);
    return install_child(system, *call.capabilities[0], place, 1, call.words[0]);
}

Outcome thread::set_buffer(System& system, const Call& call) {
    const Place place{&call.object(), 1};
    const uint64_t offset = call.words[1];
    const Object& memory = *call.capabilities[0]->object;
    if (system.in(place) != nullptr) return Outcome::refused(ErrorCode::already_bound, 0);
    if (memory.device) return Outcome::refused(ErrorCode::device_memory, 1);
    if (offset >= memory.bytes)
        return Outcome::refused(ErrorCode::argument_out_of_range, 2, memory.bytes - abi::ipc_buffer_bytes);
    const Outcome outcome = install_child(system, *call.capabilities[0], place, 1, call.words[0]);
    if (!outcome.refused()) call.object().thread.buffer_offset = offset;
    return outcome;
}

Outcome thread::set_priority(System& /*system*/, const Call& call) {
    const uint64_t limit = call.capabilities[2]->object->thread.maximum;
    for (const unsigned argument : {0u, 1u}) {
        if (call.words[argument] > limit)
            return Outcome::refused(ErrorCode::argument_out_of_range, argument + 1, limit);
    }
    call.object().thread.priority = call.words[0];
    call.object().thread.maximum = call.words[1];
    return {};
}

Outcome thread::start(System& system, const Call& call) {
    Thread& thread = call.object().thread;
    if (thread.started) return refuse_state(call.object());
    const Capability* task = system.in({&call.object(), 0});
    if (task == nullptr || system.in({task->object, 1}) == nullptr) return Outcome::refused(ErrorCode::no_space, 0);
    thread.started = true;
    thread.lacks_time = false;
    thread.registers[register_pc] = call.words[0];
    thread.registers[register_sp] = call.words[1];
    thread.registers[0] = call.words[2];
    thread.registers[1] = call.words[3];
    thread.registers[register_tls] = call.words[4];
    thread.floating_point = call.words[5];
    return {};
}

Outcome thread::suspend(System& /*system*/, const Call& call) {
    Thread& thread = call.object().thread;
    if (!thread.stopped) thread.lacks_time = thread.started && !has_time(call.object());
    thread.stopped = true;
    return {};
}

Outcome thread::resume(System& system, const Call& call) {
    Thread& thread = call.object().thread;
    if (!thread.started) return refuse_state(call.object());
    const Capability* task = system.in({&call.object(), 0});
    const bool has_space = task != nullptr && system.in({task->object, 1}) != nullptr;
    if (thread.ended && !has_space) return Outcome::refused(ErrorCode::no_space, 0);
    thread.ended = false;
    thread.stopped = false;
    return {};
}

Outcome thread::set_tls(System& /*system*/, const Call& call) {
    call.object().thread.registers[register_tls] = call.words[0];
    return {};
}

namespace {

/// Whether its registers stay as they are: those of a thread that may run are its own.
bool stands_still(const Object& thread) { return thread.thread.stopped || state(thread) == abi::ThreadState::inactive; }

}  // namespace

Outcome thread::read_registers(System& /*system*/, const Call& call) {
    const Thread& thread = call.object().thread;
    if (!stands_still(call.object())) return refuse_state(call.object());
    std::vector<Word> report;
    const uint64_t first = call.words[0] * abi::register_words;
    for (uint64_t number = first; number < first + abi::register_words; ++number) {
        const bool exists = number < abi::thread_registers;
        report.push_back({.number = exists ? thread.registers[number] : 0, .unknown = exists && thread.acts});
    }
    return Outcome::reporting(report);
}

Outcome thread::write_registers(System& system, const Call& call) {
    const uint64_t first = call.words[0];
    const uint64_t count = call.words[1];
    if (first + count > abi::thread_registers)
        return Outcome::refused(ErrorCode::argument_out_of_range, 2, abi::thread_registers - first);
    if (!stands_still(call.object())) return refuse_state(call.object());
    for (uint64_t number = first; number < first + count; ++number) {
        const uint64_t value = call.words[2 + number - first];
        call.object().thread.registers[number] = number == register_state ? value & system.limits.user_flags : value;
    }
    return {};
}

// --- Time ----------------------------------------------------------------------------------------------------

Outcome sched_context::bind(System& /*system*/, const Call& call) {
    Context& context = call.object().context;
    Object* thread = call.capabilities[0]->object;
    if (context.thread != nullptr) return Outcome::refused(ErrorCode::already_bound, 0);
    if (thread->thread.context != nullptr) return Outcome::refused(ErrorCode::already_bound, 1);
    context.thread = thread;
    thread->thread.context = &call.object();
    thread->thread.lacks_time = false;
    return {};
}

Outcome sched_context::unbind(System& /*system*/, const Call& call) {
    Context& context = call.object().context;
    if (context.thread == nullptr) return Outcome::refused(ErrorCode::not_bound, 0);
    context.thread->thread.context = nullptr;
    context.thread->thread.lacks_time = true;
    context.thread = nullptr;
    return {};
}

Outcome sched_context::consumed(System& /*system*/, const Call& /*call*/) {
    // No time passes in the model.
    return Outcome::with(0);
}

Outcome schedule_control::configure(System& system, const Call& call) {
    const auto [capability, budget, period, refills, unused0, unused1, unused2, progress] = call.words;
    Context& context = call.capabilities[0]->object->context;
    const Limits& limits = system.limits;
    if (budget < limits.minimum_budget)
        return Outcome::refused(ErrorCode::argument_out_of_range, 2, limits.minimum_budget);
    if (budget > period) return Outcome::refused(ErrorCode::argument_out_of_range, 2, period);
    if (period > limits.longest_period)
        return Outcome::refused(ErrorCode::argument_out_of_range, 3, limits.longest_period);
    if (refills == 1) return Outcome::refused(ErrorCode::argument_out_of_range, 4, 2);
    if (refills > context.capacity) return Outcome::refused(ErrorCode::argument_out_of_range, 4, context.capacity);
    context.budget = budget;
    context.period = period;
    context.refills = refills != 0 ? refills : context.capacity;
    if (context.thread != nullptr) context.thread->thread.lacks_time = false;
    return {};
}

}  // namespace selene::model
