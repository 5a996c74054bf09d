// SPDX-License-Identifier: BSD-2-Clause
// Sleeping by having no budget.

#include <sel/alarm.hpp>

#include <algorithm>

namespace sel {

Result<void> Alarm::start(const OwnThread::Means& means, uint8_t priority) {
    SEL_TRY(set, means.work.make<Notification>());
    set_ = std::move(set);
    control_ = means.time;
    const OwnThread::Role role{
        .priority = priority, .budget = burnt, .period = std::chrono::hours(1), .stack_bytes = Workspace::page_bytes};
    SEL_TRY(thread, OwnThread::start(means, role, *this));
    thread_.emplace(std::move(thread));
    return {};
}

void Alarm::operator()() {
    while (set_.get().wait()) {
        for (;;) {
            const int64_t wake_at = wake_at_.load(std::memory_order_acquire);  // pairs with ring_at()
            if (wake_at == 0) break;
            // It does not get far here before its budget ends, and goes on when it has some again.
            if (Clock::now().time_since_epoch().count() < wake_at) continue;
            int64_t rung = wake_at;
            if (!wake_at_.compare_exchange_strong(rung, 0, std::memory_order_acq_rel)) continue;
            (void)bell_.signal();
        }
    }
}

Result<void> Alarm::ring_at(Clock::time_point time) {
    if (!thread_) return refused({LibraryError::not_held});
    const auto left = std::max(time - Clock::now(), burnt);
    // A time as short as that it may as well wait for: equal budget and period never end.
    const uint64_t period = Clock::ticks(left);
    const uint64_t budget = left < 4 * burnt ? period : Clock::ticks(burnt);
    // What is refused leaves the time that was set before.
    SEL_TRY_VOID(control_.configure({.context = thread_->context(), .budget = budget, .period = period, .refills = 0}));
    wake_at_.store(time.time_since_epoch().count(), std::memory_order_release);  // pairs with operator()
    return set_.get().signal();
}

std::optional<Clock::time_point> Alarm::rings_at() const {
    const int64_t wake_at = wake_at_.load(std::memory_order_acquire);  // pairs with operator()
    if (wake_at == 0) return std::nullopt;
    return Clock::time_point(Clock::duration(wake_at));
}

}  // namespace sel
