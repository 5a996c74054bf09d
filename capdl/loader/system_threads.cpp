// SPDX-License-Identifier: BSD-2-Clause
// Tasks, time, interrupts and threads.
#include "system_builder.hpp"
#include "ticks.hpp"

namespace capdl::loader {

namespace {

constexpr uint32_t arguments_at_start = 2;   // Thread.start takes as many
constexpr uint32_t arguments_in_a_call = 5;  // and Thread.write_registers these

bool has_more_arguments(const image::ThreadRecord& record) {
    bool any = false;
    for (uint32_t index = arguments_at_start; index < image::start_arguments; ++index) {
        any = any || record.arguments[index] != 0;
    }
    return any;
}

// What does not go with the start of a thread, which waits stopped meanwhile.
sel::Result<void> write_more_arguments(sel::Thread thread, const image::ThreadRecord& record) {
    sel::Result<void> done;
    for (uint32_t first = arguments_at_start; done && first < image::start_arguments; first += arguments_in_a_call) {
        const auto value = [&](uint32_t index) {
            return first + index < image::start_arguments ? record.arguments[first + index] : 0;
        };
        const uint32_t left = image::start_arguments - first;
        done = thread.write_registers({.first = first,
                                       .count = left < arguments_in_a_call ? left : arguments_in_a_call,
                                       .value0 = value(0),
                                       .value1 = value(1),
                                       .value2 = value(2),
                                       .value3 = value(3),
                                       .value4 = value(4)});
    }
    return done;
}

}  // namespace

Outcome SystemBuilder::install_tasks() const {
    for (const auto& record : system_.records<image::TaskRecord>(image::SectionKind::tasks)) {
        const auto task = to<sel::Task>(record.task);
        sel::Result<void> done = task.install(abi::TaskSlot::table, to<sel::stub::Capability>(record.table));
        if (done) {
            done = task.install(abi::TaskSlot::space, to<sel::stub::Capability>(record.space));
        }
        if (done && record.fault_endpoint != image::none) {
            done = task.install(abi::TaskSlot::fault_endpoint, to<sel::stub::Capability>(record.fault_endpoint));
        }
        if (done && record.timeout_endpoint != image::none) {
            done = task.install(abi::TaskSlot::timeout_endpoint, to<sel::stub::Capability>(record.timeout_endpoint));
        }
        if (!done) {
            return std::unexpected(Refusal{"the set-up", record.task, done.error()});
        }
    }
    return {};
}

Outcome SystemBuilder::configure_sched_contexts() const {
    for (const auto& record : system_.records<image::SchedContextRecord>(image::SectionKind::sched_contexts)) {
        const auto done = to<sel::ScheduleControl>(uint64_t{image::schedule_control} + record.core)
                              .configure({.context = to<sel::SchedContext>(record.object),
                                          .budget = ticks_of(record.budget_us, means_.timer_frequency),
                                          .period = ticks_of(record.period_us, means_.timer_frequency),
                                          .refills = record.refills});
        if (!done) {
            return std::unexpected(Refusal{"the time", record.object, done.error()});
        }
    }
    return {};
}

Outcome SystemBuilder::issue_interrupt(const image::InterruptRecord& record, uint64_t line) const {
    const auto handler = to<sel::InterruptHandler>(record.handler);
    sel::Result<void> done =
        to<sel::InterruptControl>(image::interrupt_control)
            .issue({.handler = handler, .line = line, .trigger = static_cast<abi::Trigger>(record.trigger)});
    if (done && record.notification != image::none) {
        done = handler.bind(to<sel::Notification>(record.notification));
    }
    return done ? Outcome() : std::unexpected(Refusal{"the interrupt", record.handler, done.error()});
}

Outcome SystemBuilder::prepare_threads() const {
    for (const auto& record : system_.records<image::ThreadRecord>(image::SectionKind::threads)) {
        if (auto done = prepare(record); !done) {
            return done;
        }
    }
    return {};
}

Outcome SystemBuilder::prepare(const image::ThreadRecord& record) const {
    const auto thread = to<sel::Thread>(record.thread);
    sel::Result<void> done;
    if (record.task != image::none) {
        done = thread.bind_task(to<sel::Task>(record.task));
    }
    if (done && record.buffer != image::none) {
        done = thread.set_buffer(to<sel::Frame>(record.buffer), record.buffer_offset);
    }
    if (done) {
        done = thread.set_priority(
            {.priority = record.priority, .maximum = record.maximum_priority, .authority = means_.authority});
    }
    if (done && record.sched_context != image::none) {
        done = to<sel::SchedContext>(record.sched_context).bind(thread);
    }
    if (done && record.notification != image::none) {
        done = to<sel::Notification>(record.notification).bind(thread);
    }
    return done ? Outcome() : std::unexpected(Refusal{"the set-up", record.thread, done.error()});
}

// A thread without a task gets one, and starts, from somebody else.
Outcome SystemBuilder::set_registers() const {
    for (const auto& record : system_.records<image::ThreadRecord>(image::SectionKind::threads)) {
        if (record.task == image::none) {
            continue;
        }
        const auto thread = to<sel::Thread>(record.thread);
        sel::Result<void> done = thread.suspend();
        if (done) {
            done = thread.start({.pc = record.pc,
                                 .sp = record.sp,
                                 .argument0 = record.arguments[0],
                                 .argument1 = record.arguments[1],
                                 .tls = record.tls,
                                 .floating_point = record.floating_point != 0 ? abi::FloatingPoint::allowed
                                                                              : abi::FloatingPoint::refused});
        }
        if (done && has_more_arguments(record)) {
            done = write_more_arguments(thread, record);
        }
        if (!done) {
            return std::unexpected(Refusal{"the start", record.thread, done.error()});
        }
    }
    return {};
}

Outcome SystemBuilder::start_threads() const {
    for (const auto& record : system_.records<image::ThreadRecord>(image::SectionKind::threads)) {
        if (record.task == image::none || record.starts == 0) {
            continue;
        }
        if (const auto resumed = to<sel::Thread>(record.thread).resume(); !resumed) {
            return std::unexpected(Refusal{"the start", record.thread, resumed.error()});
        }
    }
    return {};
}

}  // namespace capdl::loader
