// SPDX-License-Identifier: BSD-2-Clause
// Asserts the timer's interrupt at a chosen moment, and then again and again.
#pragma once

#include <cstdint>

#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace bench {

/// The counter of the machine: a tick is 16 instructions where the benchmark runs.
[[gnu::always_inline]] inline uint64_t ticks() {
    uint64_t value;
    asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

/// The shortest budget that the kernel accepts, in ticks: kernel/base/config.hpp.
inline constexpr uint64_t minimum_budget = 625;

/// A thread of high priority that uses up its budget whenever it has one. Its next budget is due at a moment that is
/// known, and the kernel sets the timer to that: the interrupt stays asserted until the kernel handles it.
///
///     resume ── its budget ──┬── at ──┬── its budget ──┬── at ──┬──
///                            │        │ released       │        │ released again: a period after the first time
///                            └ the caller goes on      └ and again
class Interrupter {
public:
    /// Made of a thread and a context that have nothing yet. Errors: the first refusal.
    [[nodiscard]] static sel::Result<Interrupter> make(sel::Thread thread, sel::SchedContext context,
                                                       sel::ScheduleControl control, sel::Thread authority,
                                                       sel::Task task);

    /// Returns when the interrupt is about to be asserted `at` ticks later; gives the time of the counter when it is.
    [[nodiscard]] sel::Result<uint64_t> arm(uint64_t at) const;

    /// No interrupt from now on.
    sel::Result<void> disarm() const { return thread_.suspend(); }

private:
    sel::Thread thread_;
    sel::SchedContext context_;
    sel::ScheduleControl control_;
    uint64_t lead_ = 0;  // ticks from resuming the thread to the caller's going on
};

}  // namespace bench
