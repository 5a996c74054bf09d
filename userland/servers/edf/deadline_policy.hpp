// SPDX-License-Identifier: BSD-2-Clause
// Earliest deadline first: which job goes first, which deadlines were missed. Pure bookkeeping: time is told.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "task_set.hpp"

namespace edf {

/// A task's times in the unit of whoever tells the time (a component: ticks of the clock).
struct Timing {
    uint64_t period;
    uint64_t deadline;  ///< after the release; at most the period
};

/// What has become of a task's jobs. A job that is not done when the next one of its task is due goes on in that one's
/// place, on that one's budget and with its deadline: so an overrun costs its own task jobs, and others nothing.
struct Tally {
    uint64_t released;  ///< jobs, those that were lost included
    uint64_t finished;
    uint64_t missed;  ///< finished after their deadline, or not finished when the next one was due
    uint64_t lost;    ///< jobs that were never begun, because the one before still went on in their time
};

/// One release of a task.
struct Release {
    size_t task;
    uint64_t job;   ///< its number, from 0; of one that goes on, still its own
    uint64_t time;  ///< of the release
    uint64_t deadline;
    bool continues;  ///< the job before is not done, and goes on now
    bool missed;     ///< so it has missed its deadline; not again if it goes on for longer
};

/// How a job has ended.
struct Finish {
    uint64_t job;
    uint64_t late;  ///< by how much its last deadline was missed; 0 if that was kept
    bool missed;    ///< it has missed its deadline, which release() has not said before
};

/// Jobs of periodic tasks, all released together at the start. Whoever uses it calls release() whenever time may have
/// come, finish() when a job is done, and lets the job of first() run.
class DeadlinePolicy {
public:
    static constexpr size_t most = TaskSet::most;

    /// `tasks` has at least one and at most `most`.
    DeadlinePolicy(std::span<const Timing> tasks, uint64_t start) : count_(tasks.size()) {
        for (size_t number = 0; number < count_; ++number) {
            jobs_[number].timing = tasks[number];
            jobs_[number].next_release = start;
        }
    }

    /// Releases one job whose time has come by `now`; call it until there is none. The earliest release first.
    [[nodiscard]] std::optional<Release> release(uint64_t now) {
        const size_t task = earliest(&Job::next_release, [](const Job&) { return true; }).value_or(0);
        Job& job = jobs_[task];
        if (job.next_release > now) return std::nullopt;
        const bool continues = job.pending;
        const bool missed = continues && !job.missed;
        if (missed) ++job.tally.missed;
        if (continues) {
            ++job.tally.lost;
        } else {
            job.number = job.tally.released;
        }
        job.missed = continues;
        ++job.tally.released;
        job.pending = true;
        job.has_budget = true;
        job.deadline = job.next_release + job.timing.deadline;
        const Release release{task, job.number, job.next_release, job.deadline, continues, missed};
        job.next_release += job.timing.period;
        return release;
    }

    /// A task's job is done. Nothing if it has none: its request for the next one has come twice.
    [[nodiscard]] std::optional<Finish> finish(size_t task, uint64_t now) {
        Job& job = jobs_[task];
        if (!job.pending) return std::nullopt;
        const uint64_t late = now > job.deadline ? now - job.deadline : 0;
        const bool missed = late != 0 && !job.missed;
        if (missed) ++job.tally.missed;
        ++job.tally.finished;
        job.pending = false;
        return Finish{job.number, late, missed};
    }

    /// A task's job has used up its budget: it is no candidate until its next release.
    void exhaust(size_t task) { jobs_[task].has_budget = false; }

    /// The task whose job is to run: the one with the earliest deadline, of equals the first in the list. Nothing if no
    /// job can.
    [[nodiscard]] std::optional<size_t> first() const {
        return earliest(&Job::deadline, [](const Job& job) { return job.pending && job.has_budget; });
    }

    /// Whether some job is released and not done.
    [[nodiscard]] bool busy() const { return std::ranges::any_of(jobs(), &Job::pending); }
    /// When the next job will be released.
    [[nodiscard]] uint64_t next_release() const {
        return std::ranges::min(jobs(), {}, &Job::next_release).next_release;
    }
    [[nodiscard]] const Tally& tally(size_t task) const { return jobs_[task].tally; }

private:
    struct Job {
        Timing timing;
        uint64_t next_release;
        uint64_t deadline;
        uint64_t number;
        bool pending;
        bool has_budget;
        bool missed;  ///< counted already
        Tally tally;
    };

    [[nodiscard]] std::span<const Job> jobs() const { return std::span(jobs_).first(count_); }

    template <typename Candidate>
    [[nodiscard]] std::optional<size_t> earliest(uint64_t Job::* time, Candidate candidate) const {
        std::optional<size_t> best;
        for (size_t number = 0; number < count_; ++number) {
            if (candidate(jobs_[number]) && (!best || jobs_[number].*time < jobs_[*best].*time)) best = number;
        }
        return best;
    }

    std::array<Job, most> jobs_{};
    size_t count_;
};

}  // namespace edf
