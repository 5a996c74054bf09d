// SPDX-License-Identifier: BSD-2-Clause
// The threads of scheduled tasks: what earliest deadline first means in budgets and priorities.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include <sel/clock.hpp>
#include <sel/environment.hpp>

#include "task_set.hpp"

namespace edf {

/// Threads whose jobs run one at a time: the first at the running priority, all others one below it, where they get
/// what time it leaves while it waits for somebody. Each has a context whose budget is that of one job and does not come
/// back by itself.
class TaskThreads {
public:
    /// What the scheduler holds beside the tasks' own.
    struct Authority {
        sel::ScheduleControl time;
        sel::Thread own;  ///< its maximum is at least `running`
        uint8_t running;
    };

    explicit TaskThreads(Authority authority) : authority_(authority) {}

    /// Takes over a task's thread and context, by the task's name in the environment. Errors: unknown_name; those of
    /// Thread.set_priority.
    sel::Result<void> add(const sel::Environment& environment, const Task& task) {
        const std::string name(task.name);
        SEL_TRY(thread, environment.capability<sel::Thread>(name + "_thread"));
        SEL_TRY(context, environment.capability<sel::SchedContext>(name + "_time"));
        Entry& entry = entries_[count_];
        entry = {thread, context, std::chrono::microseconds(task.budget)};
        SEL_TRY_VOID(set_priority(entry, authority_.running - 1));
        ++count_;
        return {};
    }

    /// Gives a task the budget of one job, from now on. Errors: those of ScheduleControl.configure.
    sel::Result<void> replenish(size_t task) const {
        const Entry& entry = entries_[task];
        return authority_.time.configure({.context = entry.context,
                                          .budget = sel::Clock::ticks(entry.budget),
                                          .period = sel::Clock::ticks(std::chrono::hours(1)),
                                          .refills = 0});
    }

    /// Lets the job of this task run, if of any.
    sel::Result<void> run(std::optional<size_t> task) {
        if (task == first_) return {};
        if (first_) SEL_TRY_VOID(set_priority(entries_[*first_], authority_.running - 1));
        first_ = task;
        if (task) SEL_TRY_VOID(set_priority(entries_[*task], authority_.running));
        return {};
    }

    /// Stops all of them where they are.
    sel::Result<void> suspend() const {
        for (size_t task = 0; task < count_; ++task) SEL_TRY_VOID(entries_[task].thread.suspend());
        return {};
    }

private:
    struct Entry {
        sel::Thread thread;
        sel::SchedContext context;
        std::chrono::nanoseconds budget;
    };

    sel::Result<void> set_priority(const Entry& entry, int priority) const {
        return entry.thread.set_priority(
            {.priority = static_cast<uint8_t>(priority), .maximum = 0, .authority = authority_.own});
    }

    Authority authority_;
    std::array<Entry, TaskSet::most> entries_{};
    size_t count_ = 0;
    std::optional<size_t> first_;
};

}  // namespace edf
