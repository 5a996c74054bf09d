// SPDX-License-Identifier: BSD-2-Clause
// A condition variable of threads that share memory, in one task or in several.
#pragma once

#include <atomic>
#include <cstdint>

#include <sel/mutex.hpp>

namespace sel {

/// What all partners share: memory that is zero at first, changed under the mutex only. Whoever can write it is trusted.
class ConditionState {
    friend class ConditionVariable;
    std::atomic<uint32_t> changes_{0};  // notifications so far
    std::atomic<uint32_t> waiters_{0};
};

/// A partner's handle of a condition variable; threads may share one. Whoever changes the condition holds the mutex, and
/// so does who notifies: it costs no system call while nobody waits.
///
/// Rights: R and W on the notification, which is this variable's alone.
///
/// Example: wait until a queue is not empty.
///
///     sel::Result<int> take(sel::Mutex& mutex, const sel::ConditionVariable& filled, std::vector<int>& queue) {
///         SEL_TRY(lock, mutex.lock());
///         while (queue.empty()) SEL_TRY_VOID(filled.wait(lock));
///         const int last = queue.back();
///         queue.pop_back();
///         return last;
///     }
class ConditionVariable {
public:
    ConditionVariable(ConditionState& state, Notification bell) : state_(state), bell_(bell) {}

    /// Unlocks, waits to be notified, and locks again; it may also return without notification, so look again. After an
    /// error the lock is held unless it is the lock's own: partner_died, closed, or `cancelled` by the mutex's end.
    /// Errors: those of Notification::wait, those of Mutex::lock.
    Result<void> wait(Mutex::Lock& lock) const;

    /// Wakes one who waits, the highest priority first. Errors: what signalling refuses.
    Result<void> notify_one(const Mutex::Lock& lock) const;

    /// Wakes all who wait. Errors: what signalling refuses.
    Result<void> notify_all(const Mutex::Lock& lock) const;

private:
    ConditionState& state_;
    Notification bell_;
};

}  // namespace sel
