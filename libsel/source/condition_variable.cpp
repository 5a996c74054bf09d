// SPDX-License-Identifier: BSD-2-Clause
// Waiting for a change, and telling of one.

#include <sel/condition_variable.hpp>

#include <bit>

namespace sel {

Result<void> ConditionVariable::wait(Mutex::Lock& lock) const {
    Mutex& mutex = *lock.mutex_;
    state_.waiting_.fetch_or(bit(self_), std::memory_order_relaxed);
    Result<void> result = lock.unlock();
    // Who notifies clears the bit and then signals: either this thread sees that, or the signal waits for it.
    while (result && (state_.waiting_.load(std::memory_order_acquire) & bit(self_)) != 0) {
        if (const auto woken = bells_[self_ - 1].wait(); !woken) result = refused(woken.error());
    }
    auto locked = mutex.lock();
    if (!locked) return refused(locked.error());
    state_.waiting_.fetch_and(~bit(self_), std::memory_order_relaxed);
    std::swap(lock.mutex_, locked->mutex_);
    return result;
}

Result<void> ConditionVariable::notify_one(const Mutex::Lock&) const {
    const uint64_t waiting = state_.waiting_.load(std::memory_order_relaxed);
    if (waiting == 0) return {};
    const auto first = static_cast<uint32_t>(std::countr_zero(waiting));
    state_.waiting_.fetch_and(~bit(first + 1), std::memory_order_release);
    return bells_[first].signal();
}

Result<void> ConditionVariable::notify_all(const Mutex::Lock& lock) const {
    while (state_.waiting_.load(std::memory_order_relaxed) != 0) SEL_TRY_VOID(notify_one(lock));
    return {};
}

Result<void> ConditionVariable::partner_died(const Mutex::Lock& lock, uint32_t number) const {
    state_.waiting_.fetch_and(~bit(number), std::memory_order_relaxed);
    return notify_all(lock);
}

}  // namespace sel
