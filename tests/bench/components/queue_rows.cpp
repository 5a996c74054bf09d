// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `kernel`: queues of many.
#include <sel/environment.hpp>

#include "kernel_rows.hpp"
#include "measure.hpp"

namespace bench {

namespace {

using abi::ObjectType;

constexpr uint64_t waiters = 10'000;
constexpr uint8_t lowest = 102;  // above who measures, so that each sends as soon as it may
constexpr uint8_t priorities = 150;

/// Each sends and waits. They take turns at one context: until it waits, each has time.
[[gnu::naked]] void send() { asm volatile("svc #2\n\tudf #0"); }

/// Neighbours have priorities that are far from each other.
uint8_t mixed_priority(uint64_t number) {
    constexpr uint64_t prime = 97;
    return static_cast<uint8_t>(lowest + number * prime % priorities);
}

struct Crowd {
    const Holdings& holdings;
    sel::ScheduleControl control;
    sel::Task task;
    sel::SchedContext context;
    sel::Endpoint endpoint;
    sel::CapIndex first;

    /// Lets a thread begin; it sends when it is resumed.
    [[nodiscard]] sel::Result<void> start(uint64_t number) const {
        const sel::Thread thread(first + number);
        SEL_TRY_VOID(thread.bind_task(task));
        SEL_TRY_VOID(
            thread.set_priority({.priority = mixed_priority(number), .maximum = 0, .authority = holdings.thread}));
        SEL_TRY_VOID(context.bind(thread));
        SEL_TRY_VOID(thread.suspend());
        return thread.start({.pc = reinterpret_cast<uint64_t>(&send),
                             .sp = 0,
                             .argument0 = endpoint.index().raw(),
                             .argument1 = 0,
                             .tls = 0,
                             .floating_point = abi::FloatingPoint::refused});
    }
    [[nodiscard]] sel::Result<void> send_from(uint64_t number) const { return sel::Thread(first + number).resume(); }
};

}  // namespace

sel::Result<void> measure_queues(const Holdings& holdings) {
    const sel::CapIndex slot = holdings.empty;
    SEL_TRY(control, sel::environment().capability<sel::ScheduleControl>("time"));
    SEL_TRY_VOID(holdings.make({ObjectType::task}, slot));
    SEL_TRY_VOID(holdings.make({ObjectType::sched_context, 2}, slot + 1));
    SEL_TRY_VOID(holdings.make({ObjectType::endpoint}, slot + 2));
    constexpr uint64_t own_slots = 3;
    constexpr uint64_t threads = waiters + usual.all();
    SEL_TRY_VOID(holdings.make({.type = ObjectType::thread, .count = threads}, slot + own_slots));
    const Crowd crowd{.holdings = holdings,
                      .control = control,
                      .task = sel::Task(slot),
                      .context = sel::SchedContext(slot + 1),
                      .endpoint = sel::Endpoint(slot + 2),
                      .first = slot + own_slots};
    SEL_TRY_VOID(crowd.task.install(abi::TaskSlot::table, holdings.table));
    SEL_TRY_VOID(crowd.task.install(abi::TaskSlot::space, holdings.space));
    constexpr uint64_t much = 1'000'000'000;  // ticks
    SEL_TRY_VOID(control.configure({.context = crowd.context, .budget = much, .period = much, .refills = 0}));
    for (uint64_t i = 0; i < waiters; ++i) {
        SEL_TRY_VOID(crowd.start(i));
        SEL_TRY_VOID(crowd.send_from(i));
        SEL_TRY_VOID(crowd.context.unbind());
    }
    note<"queue.insert.10000">("WaitQueue::insert alone");
    SEL_TRY_VOID(measure<"queue.insert.10000">(
        [&](uint64_t run) -> sel::Result<void> {
            if (run != 0) {
                SEL_TRY_VOID(crowd.context.unbind());
            }
            return crowd.start(waiters + run);
        },
        [&](uint64_t run) { return crowd.send_from(waiters + run); }));
    SEL_TRY_VOID(holdings.clear_slots(own_slots + threads));
    return {};
}

}  // namespace bench
