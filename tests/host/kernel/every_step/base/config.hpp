// SPDX-License-Identifier: BSD-2-Clause
// The build options of a kernel whose operations can be preempted after every step.
#pragma once

#include <cstdint>

namespace selene::config {

/// The debug kernel checks itself and reports unexpected exceptions on the serial line.
inline constexpr bool debug = SELENE_DEBUG;
/// How many capabilities the debug kernel's check of the invariants may visit for each entry into the kernel: it runs
/// when entries have earned it all capabilities that there are.
inline constexpr uint64_t watched_per_entry = 64;
/// How often it runs the checks that visit pairs of objects, page-table entries, memory or devices.
inline constexpr uint64_t entries_between_heavy_checks = 1000;
/// Every step is a preemption point that polls.
inline constexpr unsigned steps_between_polls = 1;
/// Bytes zeroed between two preemption points.
inline constexpr uint64_t zeroing_step = 16384;
/// Releases of scheduling contexts handled in one interrupt; for more the timer raises the next one at once.
inline constexpr unsigned releases_per_interrupt = 4;
/// The shortest budget, and the least that is worth a context switch, in microseconds.
inline constexpr uint64_t minimum_budget_microseconds = 10;

}  // namespace selene::config
