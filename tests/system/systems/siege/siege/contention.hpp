// SPDX-License-Identifier: BSD-2-Clause
// What parts need that measure who gets how much time while others do what they can against it.
#pragma once

#include <chrono>

#include <stage.hpp>

#include <sel/clock.hpp>

namespace siege {

/// Let others run for this long.
inline void let_run(test::Stage& stage, std::chrono::milliseconds length) {
    using std::chrono::microseconds;
    // It has used up its budget before its script ends: it goes on, and ends, when it has the next.
    auto sleep = [] {
        const auto start = sel::Clock::now();
        while (sel::Clock::now() - start < microseconds(200)) {}
    };
    const auto period = static_cast<uint64_t>(std::chrono::duration_cast<microseconds>(length).count());
    const auto sleeper = stage.start({.priority = 180, .budget_us = 100, .period_us = period}, sleep);
    stage.wait_for(sleeper);
    stage.destroy(sleeper);
}

inline void spin_for(std::chrono::microseconds length) {
    const auto start = sel::Clock::now();
    while (sel::Clock::now() - start < length) {}
}

}  // namespace siege
