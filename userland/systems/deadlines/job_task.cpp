// SPDX-License-Identifier: BSD-2-Clause
// A task that is scheduled by deadlines: each of its jobs works for a while, one of them longer if it is told to.
//
// From its specification:
//     scheduler   endpoint (W, P): the scheduler by deadlines
//     work        argument: steps of each job
//     overruns    argument: the number of a job that works without end; without it none

#include <charconv>

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../../servers/edf/edf_protocol.hpp"

namespace {

uint64_t number(std::string_view name, uint64_t without) {
    uint64_t value = without;
    const auto text = sel::environment().argument(name).value_or("");
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Two instructions for each step.
void work_for(uint64_t steps) {
    for (; steps != 0; --steps) asm volatile("");
}

}  // namespace

int main() {
    const auto scheduler = sel::or_abort(sel::environment().endpoint("scheduler"), "finding the scheduler");
    const uint64_t work = number("work", 0);
    const uint64_t overruns = number("overruns", UINT64_MAX);
    for (;;) {
        const edf::Job job = sel::or_abort(edf::next_job(scheduler), "asking for a job");
        work_for(job.number == overruns ? UINT64_MAX : work);
    }
}
