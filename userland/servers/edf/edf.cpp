// SPDX-License-Identifier: BSD-2-Clause
// A scheduler at user level, earliest deadline first: runs the tasks of its description on scheduling contexts that it
// holds, keeps each within its budget, and reports deadlines that were missed when nothing else is to be done.
// docs/guide/scheduling.md explains it.
//
// From its specification:
//     tasks       argument: what there is to run (task_set.hpp), in microseconds
//     overhead    argument: microseconds that scheduling costs with each job, for the admission; without it 0
//     unproven    argument: "run" for a set that may miss deadlines; without it such a set is refused
//     for         argument: milliseconds after which it stops the tasks, reports and ends; without it never
//     NAME_thread, NAME_time   thread and scheduling context of each task. Task number N, from 1, calls through badge N, which
//                 is also the badge of its time-out endpoint, the same one
//     requests    endpoint (R); a Reply `answer`, and one for each task: `answer2` and so on
//     arrivals    notification, bound to this thread: the alarm's
//     alarm_page, alarm_time, alarm_set   what sets it: ../alarm/alarm.hpp
//     time        schedule control
//     thread      its own, whose maximum priority is at least `priority`
//     priority    argument: of the job that runs, from 1; the other tasks are one below

#include <charconv>
#include <vector>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../alarm/alarm.hpp"
#include "deadline_policy.hpp"
#include "edf_protocol.hpp"
#include "task_set.hpp"
#include "task_threads.hpp"

namespace {

using edf::DeadlinePolicy;
using sel::Clock;
using sel::or_abort;
using std::chrono::nanoseconds;

constexpr std::string_view flaws[] = {"a task is missing",
                                      "there are too many tasks",
                                      "a time is missing or is no number",
                                      "too many numbers",
                                      "the name is taken",
                                      "the budget is 0",
                                      "the budget is beyond the deadline",
                                      "the deadline is beyond the period",
                                      "the period is beyond an hour"};

uint64_t nanoseconds_of(Clock::time_point time) { return static_cast<uint64_t>(time.time_since_epoch().count()); }
uint64_t now() { return nanoseconds_of(Clock::now()); }
constexpr uint64_t microsecond = 1000;

/// A number among the arguments.
uint64_t number(std::string_view name, uint64_t without) {
    const auto text = sel::environment().argument(name);
    if (!text) return without;
    const auto value = edf::detail::number(*text);
    if (!value) {
        sel::println("edf: the argument {} is no number: {}", name, *text);
        std::abort();
    }
    return *value;
}

edf::TaskSet read_tasks() {
    const auto text = or_abort(sel::environment().argument("tasks"), "finding the tasks");
    const auto set = edf::TaskSet::parse(text);
    if (!set) {
        sel::println("edf: task {}: {}", set.error().task + 1, flaws[static_cast<size_t>(set.error().flaw)]);
        std::abort();
    }
    return *set;
}

/// Says what theory says; ends if that is not good enough.
void check_admission(std::span<const edf::Task> tasks) {
    const edf::Admission admission = edf::admit(tasks, number("overhead", 0));
    sel::print("edf: {} tasks, {} permille: ", tasks.size(), admission.permille);
    switch (admission.verdict) {
    case edf::Verdict::feasible: sel::println("all deadlines can be kept"); return;
    case edf::Verdict::undecided: sel::println("nobody knows whether all deadlines can be kept"); break;
    case edf::Verdict::infeasible:
        if (admission.demand == 0)
            sel::println("more than the processor");
        else
            sel::println("{} us are due by {} us", admission.demand, admission.by);
        break;
    }
    if (sel::environment().argument("unproven").value_or("") == "run") return;
    sel::println("edf: refused");
    std::abort();
}

/// A deadline that was not kept, until there is time to say so.
struct Miss {
    size_t task;
    uint64_t job;
    uint64_t late;  ///< nanoseconds; 0 if it was not done when the next one was due
};

class Scheduler {
public:
    Scheduler(const edf::TaskSet& set, edf::TaskThreads threads, std::vector<sel::Reply> replies,
              alarm_clock::Alarm alarm)
        : tasks_(set.tasks()), threads_(threads), free_(std::move(replies)), parked_(tasks_.size()), alarm_(alarm) {}

    /// The Reply for the next arrival.
    [[nodiscard]] sel::Reply reply() const { return free_.back(); }

    /// A message, a time-out or an alarm. Whoever is to be answered later stays in the Reply.
    void handle(const sel::Received& received) {
        const uint64_t time = now();
        if (received.arrival != sel::Arrival::signal) take(received, time);
        if (!policy_) return;
        while (const auto release = policy_->release(std::min(time, end_ - 1))) begin(*release);
        or_abort(threads_.run(policy_->first()), "letting a job run");
    }

    /// Whether the time that was given is over; sets the alarm for what comes next, if not.
    [[nodiscard]] bool over() {
        if (!policy_) return false;
        if (!policy_->busy()) report_misses();
        if (now() >= end_) return true;
        const uint64_t next = std::min(policy_->next_release(), end_);
        if (next == alarm_set_) return false;
        alarm_set_ = next;
        or_abort(alarm_.ring_at(Clock::time_point(nanoseconds(next))), "setting the alarm");
        return false;
    }

    void conclude() {
        or_abort(threads_.suspend(), "stopping the tasks");
        report_misses();
        for (size_t task = 0; task < tasks_.size(); ++task) {
            const edf::Tally& tally = policy_->tally(task);
            sel::println("edf: {}: {} jobs done of {}, {} deadlines missed, {} jobs lost, {} overruns",
                         tasks_[task].name, tally.finished, tally.released, tally.missed, tally.lost, overruns_[task]);
        }
    }

private:
    void take(const sel::Received& received, uint64_t time) {
        const size_t task = received.badge - 1;
        const bool known = task < tasks_.size() && !parked_[task];
        const bool timeout = received.arrival == sel::Arrival::fault &&
                             received.message.label() == static_cast<uint32_t>(sel::abi::FaultKind::timeout);
        const bool request = received.arrival == sel::Arrival::call &&
                             received.message.label() == static_cast<uint32_t>(edf::Request::next_job);
        if (!known || (!timeout && !request)) {
            (void)reply().send(sel::Message(edf::Answer::not_understood));
            return;
        }
        parked_[task] = reply();
        free_.pop_back();
        if (!policy_) {
            begin_all(time);
        } else if (timeout) {
            ++overruns_[task];
            policy_->exhaust(task);
        } else if (const auto finish = policy_->finish(task, time); finish && finish->missed) {
            remember({task, finish->job, finish->late});
        }
    }

    /// Sets the start when all tasks are there.
    void begin_all(uint64_t time) {
        if (std::ranges::any_of(parked_, [](const auto& reply) { return !reply; })) return;
        std::array<edf::Timing, edf::TaskSet::most> timings{};
        for (size_t task = 0; task < tasks_.size(); ++task) {
            timings[task] = {tasks_[task].period * microsecond, tasks_[task].deadline * microsecond};
        }
        constexpr uint64_t soon = 1000 * microsecond;
        policy_.emplace(std::span(timings).first(tasks_.size()), time + soon);
        const uint64_t milliseconds = number("for", 0);
        end_ = milliseconds == 0 ? UINT64_MAX : time + soon + milliseconds * 1000 * microsecond;
    }

    void begin(const edf::Release& release) {
        if (release.missed) remember({release.task, release.job, 0});
        or_abort(threads_.replenish(release.task), "giving a job its budget");
        if (!parked_[release.task]) return;
        // Who waits here has asked for a job, or has used up its budget and goes on.
        const sel::Message job = release.continues
                                     ? sel::Message(0)
                                     : sel::Message(edf::Answer::job, release.job, release.time, release.deadline);
        (void)parked_[release.task]->send(job);
        free_.push_back(*parked_[release.task]);
        parked_[release.task].reset();
    }

    void remember(const Miss& miss) {
        if (misses_.size() < most_misses)
            misses_.push_back(miss);
        else
            ++unsaid_;
    }

    void report_misses() {
        for (const Miss& miss : misses_) {
            sel::print("edf: {} has missed the deadline of job {}", tasks_[miss.task].name, miss.job);
            if (miss.late == 0)
                sel::println(": it was not done when the next one was due");
            else
                sel::println(" by {} us", (miss.late + microsecond - 1) / microsecond);
        }
        if (unsaid_ != 0) sel::println("edf: {} more deadlines have been missed", unsaid_);
        misses_.clear();
        unsaid_ = 0;
    }

    static constexpr size_t most_misses = 32;

    std::span<const edf::Task> tasks_;
    edf::TaskThreads threads_;
    std::vector<sel::Reply> free_;
    std::vector<std::optional<sel::Reply>> parked_;  ///< of each task, while its answer is due
    alarm_clock::Alarm alarm_;
    uint64_t alarm_set_ = 0;                ///< the time that it rings at
    std::optional<DeadlinePolicy> policy_;  ///< once all tasks are there
    uint64_t end_ = UINT64_MAX;
    std::array<uint64_t, edf::TaskSet::most> overruns_{};
    std::vector<Miss> misses_;
    uint64_t unsaid_ = 0;
};

/// One for each task and one for who comes next.
std::vector<sel::Reply> find_replies(size_t tasks) {
    std::vector<sel::Reply> replies = {or_abort(sel::environment().reply("answer"), "finding a reply")};
    for (size_t count = 2; count <= tasks + 1; ++count) {
        std::array<char, 16> name{'a', 'n', 's', 'w', 'e', 'r'};
        const auto end = std::to_chars(name.data() + 6, name.data() + name.size(), count).ptr;
        replies.push_back(or_abort(sel::environment().reply({name.data(), end}), "finding a reply"));
    }
    return replies;
}

alarm_clock::Alarm find_alarm(sel::ScheduleControl time) {
    const auto& environment = sel::environment();
    const auto memory = or_abort(environment.memory("alarm_page"), "finding the alarm's page");
    return {*reinterpret_cast<alarm_clock::Page*>(memory.bytes.data()),
            or_abort(environment.capability<sel::SchedContext>("alarm_time"), "finding the alarm's time"), time,
            or_abort(environment.notification("alarm_set"), "finding what sets the alarm")};
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = or_abort(environment.endpoint("requests"), "finding the requests");
    const auto time = or_abort(environment.capability<sel::ScheduleControl>("time"), "finding schedule control");
    const auto thread = or_abort(environment.capability<sel::Thread>("thread"), "finding the own thread");
    const edf::TaskSet set = read_tasks();
    check_admission(set.tasks());
    edf::TaskThreads threads({time, thread, static_cast<uint8_t>(std::clamp<uint64_t>(number("priority", 0), 1, 255))});
    for (const edf::Task& task : set.tasks()) or_abort(threads.add(environment, task), "taking over a task");
    Scheduler scheduler(set, threads, find_replies(set.tasks().size()), find_alarm(time));
    do {
        if (const auto received = requests.receive(scheduler.reply())) scheduler.handle(*received);
    } while (!scheduler.over());
    scheduler.conclude();
}
