// SPDX-License-Identifier: BSD-2-Clause
// An alarm: a signal at a time of one's choice, without a device and without a tick.
#pragma once

#include <atomic>
#include <optional>

#include <sel/clock.hpp>
#include <sel/own_thread.hpp>

namespace sel {

/// Signals a notification at a time. It is a thread that uses up a small budget and so is left alone by the kernel until
/// its next period, whose length is how long it is to sleep: setting it costs `burnt` of the processor,
/// a sleeping one nothing.
///
/// Rights: W on the notification; those of OwnThread.
///
/// Example: wait for a signal, but not longer than a millisecond; whoever signals sets another bit than the alarm.
///
///     sel::Result<uint64_t> wait_a_while(sel::Alarm& alarm, sel::Notification bell) {
///         SEL_TRY_VOID(alarm.ring_at(sel::Clock::now() + std::chrono::milliseconds(1)));
///         return bell.wait();
///     }
class Alarm {
public:
    /// Twice the kernel's least budget: of what it uses beyond its budget until the kernel has switched, its next one is
    /// the shorter, and must still be enough to run on.
    static constexpr std::chrono::nanoseconds burnt = std::chrono::microseconds(20);

    /// Signals `bell` (W) when the time has come.
    explicit Alarm(Notification bell) : bell_(bell) {}
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    /// Makes the thread. Its priority is above that of whoever must not keep it from ringing, who sets it included.
    /// Errors: those of OwnThread::start.
    Result<void> start(const OwnThread::Means& means, uint8_t priority);

    /// Rings at that time or a few microseconds later, in place of any time set before; at once if it has passed. One
    /// that was set before may have rung meanwhile: look at the clock. Errors: argument_out_of_range if it is more than
    /// an hour ahead; not_held if the alarm was not started.
    Result<void> ring_at(Clock::time_point time);

    /// When it rings next; nothing if it does not.
    [[nodiscard]] std::optional<Clock::time_point> rings_at() const;

    /// What its thread does.
    void operator()();

private:
    Notification bell_;
    ScheduleControl control_{};
    std::atomic<int64_t> wake_at_{0};  // nanoseconds of Clock; 0: it has rung
    Owned<Notification> set_{};
    std::optional<OwnThread> thread_{};
};

}  // namespace sel
