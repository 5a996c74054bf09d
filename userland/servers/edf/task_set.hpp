// SPDX-License-Identifier: BSD-2-Clause
// What a scheduler by deadlines is told of its tasks, and whether theory says that all deadlines can be kept.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

namespace edf {

/// One task: a job is released at the start and then once in every period; it works for `budget` at most, and is to be
/// done `deadline` after its release. All times in microseconds; 0 < budget <= deadline <= period <= an hour.
struct Task {
    std::string_view name;
    uint64_t budget;
    uint64_t period;
    uint64_t deadline;
};

/// Why a description is refused, and which of its tasks is meant (from 0).
enum class Flaw : uint8_t {
    no_task,
    too_many_tasks,
    no_number,         ///< a time is missing, or is no decimal number
    too_many_numbers,  ///< more than budget, period and deadline
    name_taken,        ///< by a task before
    no_budget,         ///< 0
    beyond_deadline,   ///< the budget is more than the deadline
    beyond_period,     ///< the deadline is more than the period
    beyond_an_hour,    ///< the period
};
struct Mistake {
    Flaw flaw;
    size_t task;
};

/// Up to `most` tasks. The text that it was read from must outlive it: names are parts of that.
class TaskSet {
public:
    static constexpr size_t most = 16;
    static constexpr uint64_t longest_period = 3'600'000'000;

    /// Reads "NAME BUDGET PERIOD [DEADLINE], ...", in microseconds; without a deadline it is the period.
    ///
    ///     TaskSet::parse("video 2000 10000, audio 500 4000 3000")
    [[nodiscard]] static std::expected<TaskSet, Mistake> parse(std::string_view text);

    [[nodiscard]] std::span<const Task> tasks() const { return std::span(tasks_).first(count_); }

private:
    std::array<Task, most> tasks_{};
    size_t count_ = 0;
};

/// What theory says of a task set.
enum class Verdict : uint8_t {
    feasible,    ///< no deadline can be missed
    infeasible,  ///< if all tasks are released together and use their budgets, one is missed
    undecided,   ///< more deadlines would have to be looked at than is bearable
};
struct Admission {
    Verdict verdict;
    uint64_t permille;  ///< of the processor that all tasks together may use, rounded up
    uint64_t
        demand;  ///< infeasible: microseconds of work due by `by`; 0 if it is more than the processor in the long run
    uint64_t by;
};

/// Whether earliest deadline first keeps all deadlines when each job takes `overhead` microseconds beside its budget.
/// Exact for independent tasks on one processor: the work that is due must fit into the time up to each deadline in the
/// busy period that follows a common release (S. Baruah, L. Rosier, R. Howell, "Algorithms and complexity concerning the
/// preemptive scheduling of periodic, real-time tasks on one processor", Real-Time Systems 2, 1990).
[[nodiscard]] Admission admit(std::span<const Task> tasks, uint64_t overhead);

// --- How it is done -------------------------------------------------------------------------------------------------

namespace detail {

/// Takes the next word off the text; empty at its end. A comma is a word.
[[nodiscard]] inline std::string_view next_word(std::string_view& text) {
    constexpr std::string_view space = " \t\n";
    text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
    const size_t end = text.starts_with(',') ? 1 : std::min(text.find_first_of(" \t\n,"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

[[nodiscard]] inline std::optional<uint64_t> number(std::string_view word) {
    uint64_t value = 0;
    const char* const end = word.data() + word.size();
    const auto [read, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc{} || read != end) return std::nullopt;
    return value;
}

[[nodiscard]] inline std::optional<Flaw> flaw_of(const Task& task) {
    if (task.budget == 0) return Flaw::no_budget;
    if (task.period > TaskSet::longest_period) return Flaw::beyond_an_hour;
    if (task.deadline > task.period) return Flaw::beyond_period;
    if (task.budget > task.deadline) return Flaw::beyond_deadline;
    return std::nullopt;
}

/// One task of the list; the comma behind it stays.
[[nodiscard]] inline std::expected<Task, Flaw> next_task(std::string_view& text) {
    Task task{.name = next_word(text), .budget = 0, .period = 0, .deadline = 0};
    if (task.name.empty() || task.name == ",") return std::unexpected(Flaw::no_task);
    for (uint64_t Task::* const field : {&Task::budget, &Task::period, &Task::deadline}) {
        std::string_view rest = text;
        const std::string_view word = next_word(rest);
        if (field == &Task::deadline && (word.empty() || word == ",")) {
            task.deadline = task.period;
            break;
        }
        const auto value = number(word);
        if (!value) return std::unexpected(Flaw::no_number);
        task.*field = *value;
        text = rest;
    }
    std::string_view rest = text;
    const std::string_view behind = next_word(rest);
    if (!behind.empty() && behind != ",") return std::unexpected(Flaw::too_many_numbers);
    if (const auto flaw = flaw_of(task)) return std::unexpected(*flaw);
    return task;
}

/// Work that is due by `time` when all tasks are released together at 0.
[[nodiscard]] inline uint64_t demand(std::span<const Task> tasks, uint64_t overhead, uint64_t time) {
    uint64_t sum = 0;
    for (const Task& task : tasks) {
        if (time >= task.deadline) sum += ((time - task.deadline) / task.period + 1) * (task.budget + overhead);
    }
    return sum;
}

/// The next deadline after `time`.
[[nodiscard]] inline uint64_t next_deadline(std::span<const Task> tasks, uint64_t time) {
    uint64_t next = UINT64_MAX;
    for (const Task& task : tasks) {
        const uint64_t jobs = time < task.deadline ? 0 : (time - task.deadline) / task.period + 1;
        next = std::min(next, jobs * task.period + task.deadline);
    }
    return next;
}

/// What all jobs released before `time` take: the processor is busy from 0 to the least time that this does not exceed.
[[nodiscard]] inline uint64_t released_work(std::span<const Task> tasks, uint64_t overhead, uint64_t time) {
    uint64_t sum = 0;
    for (const Task& task : tasks) sum += ((time + task.period - 1) / task.period) * (task.budget + overhead);
    return sum;
}

/// In fractions of 2^80, each rounded down.
__extension__ using Share = unsigned __int128;
inline constexpr Share whole_processor = Share{1} << 80;

[[nodiscard]] inline Share utilisation(std::span<const Task> tasks, uint64_t overhead) {
    Share sum = 0;
    for (const Task& task : tasks) sum += (task.budget + overhead) * whole_processor / task.period;
    return sum;
}

/// Deadlines and steps that are looked at before it is given up.
inline constexpr unsigned most_steps = 200'000;

/// The time from a common release until the processor has nothing to do for the first time.
[[nodiscard]] inline std::optional<uint64_t> busy_period(std::span<const Task> tasks, uint64_t overhead) {
    uint64_t length = 1;
    for (unsigned steps = 0; steps < most_steps; ++steps) {
        const uint64_t work = released_work(tasks, overhead, length);
        if (work == length) return length;
        length = work;
    }
    return std::nullopt;
}

/// The first deadline before `end` by which more is due than there is time; 0 if there is none, nothing if there are too
/// many to look at.
[[nodiscard]] inline std::optional<uint64_t> overload(std::span<const Task> tasks, uint64_t overhead, uint64_t end) {
    uint64_t time = 0;
    for (unsigned steps = 0; steps < most_steps; ++steps) {
        time = next_deadline(tasks, time);
        if (time >= end) return 0;
        if (demand(tasks, overhead, time) > time) return time;
    }
    return std::nullopt;
}

}  // namespace detail

inline std::expected<TaskSet, Mistake> TaskSet::parse(std::string_view text) {
    TaskSet set;
    do {
        const auto mistake = [&](Flaw flaw) { return std::unexpected(Mistake{flaw, set.count_}); };
        if (set.count_ == most) return mistake(Flaw::too_many_tasks);
        const auto task = detail::next_task(text);
        if (!task) return mistake(task.error());
        if (std::ranges::find(set.tasks(), task->name, &Task::name) != set.tasks().end())
            return mistake(Flaw::name_taken);
        set.tasks_[set.count_++] = *task;
    } while (detail::next_word(text) == ",");
    return set;
}

inline Admission admit(std::span<const Task> tasks, uint64_t overhead) {
    const detail::Share share = detail::utilisation(tasks, overhead);
    const auto permille = static_cast<uint64_t>((share * 1000 + detail::whole_processor - 1) / detail::whole_processor);
    const bool overloaded = share > detail::whole_processor;
    // Without an end the processor would be busy for ever; some deadline is missed then, even if it is not found.
    const auto busy = overloaded ? std::optional(UINT64_MAX) : detail::busy_period(tasks, overhead);
    if (!busy) return {Verdict::undecided, permille, 0, 0};
    const auto by = detail::overload(tasks, overhead, *busy == UINT64_MAX ? *busy : *busy + 1);
    if (by && *by != 0) return {Verdict::infeasible, permille, detail::demand(tasks, overhead, *by), *by};
    if (overloaded) return {Verdict::infeasible, permille, 0, 0};
    return {by ? Verdict::feasible : Verdict::undecided, permille, 0, 0};
}

}  // namespace edf
