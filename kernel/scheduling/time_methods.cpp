// SPDX-License-Identifier: BSD-2-Clause
// Scheduling contexts and schedule control: their methods.
#include <utility>

#include "abi/methods.hpp"
#include "abi/object_sizes.hpp"
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "machine.hpp"
#include "object/inspection.hpp"
#include "scheduling/scheduler.hpp"

namespace selene {

using abi::ErrorCode;

namespace {

constexpr uint64_t seconds_in_longest_period = 3600;

SchedContext& context_of(Invocation& call) { return *call.self.object<SchedContext>(); }

/// What has been used since this was asked last.
Ticks take_consumed(Core& core, SchedContext& context) SELENE_REQUIRES(own_core) {
    if (core.context == &context) scheduler::charge(core, machine::now());
    return Ticks(std::exchange(context.consumed, 0));
}

}  // namespace

Result<void> sched_context_bind(Invocation& call, const SchedContextBind& arguments) {
    SchedContext& context = context_of(call);
    Thread& thread = *arguments.thread->object<Thread>();
    if (context.home != nullptr) return refuse(ErrorCode::already_bound, 0);
    if (thread.own_context != nullptr) return refuse(ErrorCode::already_bound, 1);
    // Whether it is passive decides in which queue a receiver waits, and what becomes of the time it has borrowed.
    const bool borrows = thread.reply != nullptr && lending::is_lent(*thread.reply);
    if (thread.state() == ThreadState::receiving_passive || borrows) return inspection::refuse_state(thread, 1);
    ipc::end_wait_for_time(call.core, thread);
    scheduler::bind(call.core, context, thread);
    return {};
}

Result<void> sched_context_unbind(Invocation& call) {
    SchedContext& context = context_of(call);
    if (context.home == nullptr) return refuse(ErrorCode::not_bound, 0);
    ipc::part(call.core, context);
    return {};
}

Result<SchedContextConsumedResult> sched_context_consumed(Invocation& call) {
    return SchedContextConsumedResult{.ticks = take_consumed(call.core, context_of(call))};
}

Result<SchedContextYieldToResult> sched_context_yield_to(Invocation& call) {
    SchedContext& context = context_of(call);
    Thread* thread = context.home;
    if (thread == nullptr) return refuse(ErrorCode::not_bound, 0);
    if (const Reply* loan = lending::loan_of(*thread); loan != nullptr) thread = lending::borrower(*loan);
    if (thread->priority() > call.caller.maximum_priority)
        return refuse(ErrorCode::argument_out_of_range, 0, call.caller.maximum_priority);
    // When it runs again the caller repeats this, and has its answer then.
    if (call.progress() == 0 && scheduler::yield_to(call.core, *thread)) return call.preempt(1);
    return SchedContextYieldToResult{.ticks = take_consumed(call.core, context)};
}

Result<void> schedule_control_configure(Invocation& call, const ScheduleControlConfigure& arguments) {
    SchedContext& context = *arguments.context->object<SchedContext>();
    const uint64_t minimum = call.core.kernel->minimum_budget;
    const uint64_t longest = machine::timer_frequency() * seconds_in_longest_period;
    const uint64_t budget = arguments.budget.value();
    const uint64_t period = arguments.period.value();
    if (budget < minimum || budget > period)
        return refuse(ErrorCode::argument_out_of_range, 2, budget < minimum ? minimum : period);
    if (period > longest) return refuse(ErrorCode::argument_out_of_range, 3, longest);
    if (arguments.refills == 1) return refuse(ErrorCode::argument_out_of_range, 4, abi::SchedContextSize::minimum);
    if (arguments.refills > context.capacity) return refuse(ErrorCode::argument_out_of_range, 4, context.capacity);
    if (context.core != nullptr && context.core != &call.core) return refuse(ErrorCode::in_use, 1);
    scheduler::configure(call.core, context,
                         {.budget = budget, .period = period, .refills = static_cast<uint16_t>(arguments.refills)});
    return {};
}

}  // namespace selene
