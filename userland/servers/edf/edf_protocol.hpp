// SPDX-License-Identifier: BSD-2-Clause
// What a task asks of the scheduler by deadlines: its next job.
#pragma once

#include <chrono>
#include <cstdint>

#include <sel/clock.hpp>
#include <sel/endpoint.hpp>
#include <sel/result.hpp>

namespace edf {

/// The label of a request.
enum class Request : uint32_t { next_job = 1 };

/// The label of an answer.
enum class Answer : uint32_t {
    job,             ///< words: number, release and deadline in nanoseconds of sel::Clock
    not_understood,  ///< no such request, or not from one of the tasks
};

/// A job that has been released.
struct Job {
    uint64_t number;  ///< from 0; one is left out where the job before went on in its time
    sel::Clock::time_point release;
    sel::Clock::time_point deadline;
};

/// Says that the task's job is done, and waits until the next one is released. The first call says that the task is
/// there; all tasks begin together when the last one is. Rights on the scheduler's endpoint: W and P.
/// Errors: those of Endpoint::call; unexpected_message if this is none of the scheduler's tasks.
[[nodiscard]] inline sel::Result<Job> next_job(sel::Endpoint scheduler) {
    SEL_TRY(answer, scheduler.call(sel::Message(Request::next_job)));
    if (answer.label() != static_cast<uint32_t>(Answer::job)) {
        return sel::refused({sel::LibraryError::unexpected_message, answer.label()});
    }
    const auto time = [](uint64_t word) {
        return sel::Clock::time_point(std::chrono::nanoseconds(static_cast<int64_t>(word)));
    };
    return Job{answer.word(0), time(answer.word(1)), time(answer.word(2))};
}

}  // namespace edf
