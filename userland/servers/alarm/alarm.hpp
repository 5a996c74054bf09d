// SPDX-License-Identifier: BSD-2-Clause
// The alarm: a thread that sleeps until a time, without a device. It uses up the least budget there is, and so is left
// alone by the kernel until its next period, whose length is how long it is to sleep.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

#include <sel/clock.hpp>
#include <sel/notification.hpp>
#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace alarm_clock {

using std::chrono::nanoseconds;

/// In the page that the alarm shares with who sets it. Zero at first.
struct Page {
    std::atomic<int64_t> wake_at;  ///< in nanoseconds of sel::Clock
};

/// What an alarm costs each time, of whatever else would run. Twice the kernel's least budget: who overruns pays that back
/// in the next period, and with less than the least one it would sleep for a period more.
inline constexpr nanoseconds burnt = std::chrono::microseconds(20);

/// The side that sets it.
class Alarm {
public:
    /// `context`: of the alarm's thread (W); `time`: schedule control of this core; `set`: the notification that it
    /// waits at (W).
    Alarm(Page& page, sel::SchedContext context, sel::ScheduleControl time, sel::Notification set)
        : page_(page), context_(context), time_(time), set_(set) {}

    /// Rings at `wake_at` or a few microseconds later, never before; an alarm that was set before does not any more.
    /// The last thing to do before waiting for it. Errors: those of ScheduleControl.configure, as for a time that is
    /// more than an hour ahead.
    sel::Result<void> ring_at(sel::Clock::time_point wake_at) {
        page_.wake_at.store(wake_at.time_since_epoch().count(), std::memory_order_release);  // pairs with sleep()
        SEL_TRY_VOID(set_.signal());
        // For a time as short as that it may as well wait for the clock itself: equal budget and period end never.
        const nanoseconds left = std::max(wake_at - sel::Clock::now(), burnt);
        const uint64_t period = sel::Clock::ticks(left);
        const uint64_t budget = left < 4 * burnt ? period : sel::Clock::ticks(burnt);
        return time_.configure({.context = context_, .budget = budget, .period = period, .refills = 0});
    }

private:
    Page& page_;
    sel::SchedContext context_;
    sel::ScheduleControl time_;
    sel::Notification set_;
};

/// The alarm's own side: returns when the time has come that is in the page then.
inline void sleep(const Page& page) {
    while (sel::Clock::now().time_since_epoch().count() < page.wake_at.load(std::memory_order_acquire)) {}
}

}  // namespace alarm_clock
