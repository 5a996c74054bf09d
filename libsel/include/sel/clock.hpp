// SPDX-License-Identifier: BSD-2-Clause
// The machine's counter as a clock for std::chrono.
#pragma once

#include <chrono>
#include <cstdint>

namespace sel {

/// Counts from some moment before the machine started, never backwards, and the same on every core. Reading it is no
/// system call.
///
/// Example: how long some work takes.
///
///     std::chrono::microseconds time_of(void (*work)()) {
///         const auto start = sel::Clock::now();
///         work();
///         return duration_cast<std::chrono::microseconds>(sel::Clock::now() - start);
///     }
struct Clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;

    [[nodiscard]] static time_point now();

    /// The counter itself, and its ticks in a second.
    [[nodiscard]] static uint64_t counter();
    [[nodiscard]] static uint64_t frequency();

    /// How many ticks of the counter a duration takes, rounded up: what ScheduleControl.configure wants.
    [[nodiscard]] static uint64_t ticks(duration length);
};

}  // namespace sel
