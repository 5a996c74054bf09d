// SPDX-License-Identifier: BSD-2-Clause
// Scheduling by deadlines: descriptions read and refused, theory and policy against a simulation that knows neither.

#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "servers/edf/deadline_policy.hpp"
#include "servers/edf/task_set.hpp"

using namespace edf;

namespace {

/// A job as the simulation sees it: one that is not done at the next release of its task gets that one's budget and
/// deadline.
struct SimulatedJob {
    size_t task;
    uint64_t deadline;
    uint64_t work;    ///< that is left
    uint64_t budget;  ///< that is left
};

/// Time in steps of one, every job in a list; the work of each job is told by `work(task, job)`.
class Simulation {
public:
    explicit Simulation(std::vector<Task> tasks)
        : tasks_(std::move(tasks)), jobs_(tasks_.size()), missed(tasks_.size()) {}

    /// One step; who has run in it.
    template <typename Work>
    std::optional<size_t> step(Work work) {
        for (size_t task = 0; task < tasks_.size(); ++task) {
            if (now_ % tasks_[task].period != 0) continue;
            const bool continues = std::ranges::find(list_, task, &SimulatedJob::task) != list_.end();
            const uint64_t left = continues ? take(task).work : work(task, jobs_[task]);
            if (continues && !counted_[task]) ++missed[task];
            counted_[task] = continues;
            ++jobs_[task];
            list_.push_back({task, now_ + tasks_[task].deadline, left, tasks_[task].budget});
        }
        std::optional<size_t> best;
        for (size_t at = 0; at < list_.size(); ++at) {
            if (list_[at].budget == 0) continue;
            const auto key = [&](size_t place) { return std::pair(list_[place].deadline, list_[place].task); };
            if (!best || key(at) < key(*best)) best = at;
        }
        ++now_;
        if (!best) return std::nullopt;
        SimulatedJob& job = list_[*best];
        const size_t task = job.task;
        --job.budget;
        if (--job.work == 0) {
            const SimulatedJob done = take(task);
            if (now_ > done.deadline && !counted_[task]) ++missed[task];
        }
        return task;
    }

    [[nodiscard]] uint64_t now() const { return now_; }

private:
    SimulatedJob take(size_t task) {
        const auto place = std::ranges::find(list_, task, &SimulatedJob::task);
        const SimulatedJob job = *place;
        list_.erase(place);
        return job;
    }

    std::vector<Task> tasks_;
    std::vector<uint64_t> jobs_;
    std::vector<SimulatedJob> list_;
    std::array<bool, TaskSet::most> counted_{};
    uint64_t now_ = 0;

public:
    std::vector<uint64_t> missed;
};

class Random {
public:
    uint64_t upto(uint64_t most) { return std::uniform_int_distribution<uint64_t>(1, most)(generator_); }

    /// Tasks that use the processor about fully.
    std::vector<Task> tasks() {
        constexpr std::array<uint64_t, 8> periods = {4, 5, 6, 8, 10, 12, 15, 20};
        std::vector<Task> tasks(upto(4));
        for (Task& task : tasks) {
            task.period = periods[upto(periods.size()) - 1];
            task.budget = upto(std::max<uint64_t>(1, task.period * 3 / (2 * tasks.size())));
            task.budget = std::min(task.budget, task.period);
            task.deadline = upto(3) == 1 ? task.budget + upto(task.period - task.budget + 1) - 1 : task.period;
        }
        return tasks;
    }

private:
    std::mt19937_64 generator_{Catch::getSeed()};
};

uint64_t hyperperiod(const std::vector<Task>& tasks) {
    uint64_t all = 1;
    for (const Task& task : tasks) all = std::lcm(all, task.period);
    return all;
}

std::string shown(const std::vector<Task>& tasks) {
    std::string text;
    for (const Task& task : tasks) {
        text += std::to_string(task.budget) + " " + std::to_string(task.period) + " " + std::to_string(task.deadline) +
                ", ";
    }
    return text;
}

std::vector<Timing> timings(const std::vector<Task>& tasks) {
    std::vector<Timing> result;
    for (const Task& task : tasks) result.push_back({task.period, task.deadline});
    return result;
}

}  // namespace

TEST_CASE("edf: a description is read") {
    const auto set = TaskSet::parse("video 2000 10000,audio 500 4000 3000 ,\n log 1 3600000000");
    REQUIRE(set);
    REQUIRE(set->tasks().size() == 3);
    CHECK(set->tasks()[0].name == "video");
    CHECK(set->tasks()[0].budget == 2000);
    CHECK(set->tasks()[0].deadline == 10000);
    CHECK(set->tasks()[1].name == "audio");
    CHECK(set->tasks()[1].period == 4000);
    CHECK(set->tasks()[1].deadline == 3000);
    CHECK(set->tasks()[2].period == 3'600'000'000);
}

TEST_CASE("edf: a description with a mistake is refused, and the task named") {
    const auto refused = [](std::string_view text, Flaw flaw, size_t task) {
        const auto set = TaskSet::parse(text);
        INFO(text);
        REQUIRE(!set);
        CHECK(set.error().flaw == flaw);
        CHECK(set.error().task == task);
    };
    refused("", Flaw::no_task, 0);
    refused("a 1 2,", Flaw::no_task, 1);
    refused("a 1 2,, b 1 2", Flaw::no_task, 1);
    refused("a", Flaw::no_number, 0);
    refused("a 1", Flaw::no_number, 0);
    refused("a 1 2, b 1 x", Flaw::no_number, 1);
    refused("a 1 -2", Flaw::no_number, 0);
    refused("a 1 2 2us", Flaw::no_number, 0);
    refused("a 99999999999999999999 2", Flaw::no_number, 0);
    refused("a 1 4 3 2", Flaw::too_many_numbers, 0);
    refused("a 1 2, b 1 2, a 1 3", Flaw::name_taken, 2);
    refused("a 0 2", Flaw::no_budget, 0);
    refused("a 3 4 2", Flaw::beyond_deadline, 0);
    refused("a 3 4 5", Flaw::beyond_period, 0);
    refused("a 1 3600000001", Flaw::beyond_an_hour, 0);
    std::string many = "t0 1 1000";
    for (size_t number = 1; number <= TaskSet::most; ++number) many += ", t" + std::to_string(number) + " 1 1000";
    refused(many, Flaw::too_many_tasks, TaskSet::most);
}

TEST_CASE("edf: theory says what a simulation of two hyperperiods shows") {
    Random random;
    unsigned feasible = 0;
    constexpr unsigned rounds = 600;
    for (unsigned round = 0; round < rounds; ++round) {
        const auto tasks = random.tasks();
        const uint64_t end = 2 * hyperperiod(tasks) + 1;
        Simulation simulation(tasks);
        while (simulation.now() < end) simulation.step([&](size_t task, uint64_t) { return tasks[task].budget; });
        const bool missed = std::accumulate(simulation.missed.begin(), simulation.missed.end(), uint64_t{0}) != 0;
        const Admission admission = admit(tasks, 0);
        INFO(shown(tasks));
        CHECK(admission.verdict == (missed ? Verdict::infeasible : Verdict::feasible));
        feasible += missed ? 0 : 1;
        if (admission.verdict == Verdict::infeasible && admission.demand != 0) CHECK(admission.demand > admission.by);
    }
    CHECK(feasible > rounds / 5);
    CHECK(feasible < rounds * 4 / 5);
}

TEST_CASE("edf: theory in numbers") {
    const auto verdict = [](std::string_view text, uint64_t overhead) {
        return admit(TaskSet::parse(text)->tasks(), overhead);
    };
    CHECK(verdict("a 1 3, b 2 3", 0).verdict == Verdict::feasible);
    CHECK(verdict("a 1 3, b 2 3", 0).permille == 1000);
    CHECK(verdict("a 500 1000, b 500 1000", 1).verdict == Verdict::infeasible);
    CHECK(verdict("a 500 1000, b 500 1000", 1).permille == 1002);
    const Admission due = verdict("a 3 10 4, b 3 10 5", 0);
    CHECK(due.verdict == Verdict::infeasible);
    CHECK(due.demand == 6);
    CHECK(due.by == 5);
    CHECK(due.permille == 600);
    // Full, with periods that have next to nothing in common: it is not searched for ever.
    CHECK(verdict("a 1799999999 3599999999, b 1799999998 3599999997, c 1 3600000000", 0).verdict !=
          Verdict::infeasible);
}

TEST_CASE("edf: the policy lets run who should, and counts what is missed, overruns included") {
    Random random;
    uint64_t all_missed = 0;
    for (unsigned round = 0; round < 300; ++round) {
        const auto tasks = random.tasks();
        INFO(shown(tasks));
        // Now and then a job works for longer than its budget.
        std::vector<std::vector<uint64_t>> works(tasks.size());
        const auto work = [&](size_t task, uint64_t job) {
            while (works[task].size() <= job) {
                works[task].push_back(random.upto(20) == 1 ? tasks[task].budget * 2 + 1
                                                           : random.upto(tasks[task].budget));
            }
            return works[task][job];
        };
        Simulation simulation(tasks);
        const auto times = timings(tasks);
        constexpr uint64_t start = 1000;
        DeadlinePolicy policy(times, start);
        CHECK(!policy.release(start - 1));
        CHECK(!policy.first());
        std::vector<uint64_t> left(tasks.size());
        std::vector<uint64_t> budget(tasks.size());
        std::vector<uint64_t> late(tasks.size());  // deadlines of which the policy has said that they were missed
        const uint64_t end = start + 3 * hyperperiod(tasks);
        for (uint64_t now = start; now < end; ++now) {
            while (const auto release = policy.release(now)) {
                CHECK(release->time == now);
                CHECK(release->deadline == now + tasks[release->task].deadline);
                late[release->task] += release->missed ? 1 : 0;
                if (!release->continues)
                    left[release->task] = work(release->task, policy.tally(release->task).released - 1);
                budget[release->task] = tasks[release->task].budget;
            }
            CHECK(policy.next_release() > now);
            const auto task = policy.first();
            REQUIRE(task == simulation.step(work));
            if (!task) continue;
            --budget[*task];
            if (--left[*task] == 0) {
                const auto finish = policy.finish(*task, now + 1);
                REQUIRE(finish);
                late[*task] += finish->missed ? 1 : 0;
                CHECK(!policy.finish(*task, now + 1));
            } else if (budget[*task] == 0) {
                policy.exhaust(*task);
            }
        }
        for (size_t task = 0; task < tasks.size(); ++task) {
            CHECK(policy.tally(task).missed == simulation.missed[task]);
            CHECK(late[task] == simulation.missed[task]);
            CHECK(policy.tally(task).released >= policy.tally(task).finished + policy.tally(task).lost);
            all_missed += policy.tally(task).missed;
        }
    }
    CHECK(all_missed > 0);
}

TEST_CASE("edf: who overruns misses deadlines, the others of a feasible set none") {
    Random random;
    unsigned sets = 0;
    for (unsigned round = 0; round < 400; ++round) {
        const auto tasks = random.tasks();
        if (tasks.size() < 2 || admit(tasks, 0).verdict != Verdict::feasible) continue;
        ++sets;
        INFO(shown(tasks));
        Simulation simulation(tasks);
        const uint64_t end = 2 * hyperperiod(tasks);
        while (simulation.now() < end) {
            simulation.step(
                [&](size_t task, uint64_t) { return task == 0 ? tasks[0].budget * 3 + 1 : tasks[task].budget; });
        }
        CHECK(simulation.missed[0] > 0);
        CHECK(std::accumulate(simulation.missed.begin() + 1, simulation.missed.end(), uint64_t{0}) == 0);
    }
    CHECK(sets > 50);
}
