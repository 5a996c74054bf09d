// SPDX-License-Identifier: BSD-2-Clause
// Operations of the scheduler.
#include "latency_operations.hpp"
#include "latency_sweep.hpp"

namespace bench {

namespace {

sel::Result<void> set_own_priority(Stage& stage, uint8_t priority) {
    return stage.thread.set_priority({.priority = priority, .maximum = 255, .authority = stage.thread});
}

/// The scheduler passes over threads that are ready and cannot run.
sel::Result<void> sweep_spaceless(Stage& stage) {
    constexpr uint64_t crowd = 400;
    constexpr uint8_t own_priority = 10;
    constexpr uint8_t below = 5;
    return sweep<"thread.set_priority.past_the_spaceless">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY_VOID(set_own_priority(stage, own_priority));
            SEL_TRY(task, stage.make<sel::Task>());
            SEL_TRY_VOID(task.install(abi::TaskSlot::table, stage.table));
            SEL_TRY_VOID(task.install(abi::TaskSlot::space, stage.space));
            SEL_TRY_VOID(stage.threads(
                crowd, Time::own, [&](uint64_t) { return Role{.act = Act::stay, .priority = below, .task = task}; }));
            return task.remove(abi::TaskSlot::space);
        },
        [&] { return set_own_priority(stage, 1); }, {.shots = 6});
}

/// Many budgets become due at once.
sel::Result<void> sweep_releases(Stage& stage) {
    constexpr uint64_t crowd = 64;
    constexpr uint64_t enough = 2 * minimum_budget;  // for a thread to be made and to use its budget up
    constexpr uint8_t below_all = 1;
    constexpr uint8_t above_all = 20 + crowd;
    uint64_t due = 0;
    SEL_TRY_VOID(sweep<"timer.releases">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY_VOID(set_own_priority(stage, below_all));
            due = ticks() + (crowd + 4) * enough;
            SEL_TRY_VOID(stage.threads(crowd, Time::own, [&](uint64_t i) {
                return Role{.act = Act::stay,
                            .priority = static_cast<uint8_t>(20 + i),
                            .budget = minimum_budget,
                            .period = due - ticks()};
            }));
            return set_own_priority(stage, above_all);
        },
        [&]() -> sel::Result<void> {
            constexpr uint64_t while_they_are_released = 500;
            while (ticks() < due + while_they_are_released) {}
            return {};
        },
        {.first = 20 * enough, .shots = 2}));
    return set_own_priority(stage, below_all);
}

/// A budget in as many pieces as it can have is put together again.
sel::Result<void> sweep_refills(Stage& stage) {
    constexpr uint64_t pieces = 120;
    constexpr uint64_t period = 60'000;
    sel::Notification bell;
    return sweep<"signal.fragmented_budget">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(made, stage.make<sel::Notification>());
            bell = made;
            SEL_TRY_VOID(stage.threads(1, Time::own, [&](uint64_t) {
                return Role{.act = Act::rest,
                            .argument0 = bell.index().raw(),
                            .budget = period / 2,
                            .period = period,
                            .refills = pieces};
            }));
            for (uint64_t piece = 1; piece < pieces; piece++) {
                SEL_TRY_VOID(bell.signal());
            }
            for (const uint64_t due = ticks() + period; ticks() < due;) {}
            return {};
        },
        [&] { return bell.signal(); }, {.shots = 16});
}

}  // namespace

sel::Result<void> sweep_time(Stage& stage) {
    SEL_TRY_VOID(sweep_spaceless(stage));
    SEL_TRY_VOID(sweep_releases(stage));
    return sweep_refills(stage);
}

}  // namespace bench
