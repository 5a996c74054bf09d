// SPDX-License-Identifier: BSD-2-Clause
// Waiting for a change, and telling of one.

#include <sel/condition_variable.hpp>

namespace sel {

Result<void> ConditionVariable::wait(Mutex::Lock& lock) const {
    Mutex& mutex = *lock.mutex_;
    const uint32_t seen = state_.changes_.load(std::memory_order_relaxed);
    state_.waiters_.fetch_add(1, std::memory_order_relaxed);
    Result<void> result = lock.unlock();
    // Who notifies now either finds this thread at the bell or leaves the signal there: in both cases it returns.
    while (result && state_.changes_.load(std::memory_order_acquire) == seen) {
        if (const auto woken = bell_.wait(); !woken) result = refused(woken.error());
    }
    auto locked = mutex.lock();
    state_.waiters_.fetch_sub(1, std::memory_order_relaxed);
    if (!locked) return refused(locked.error());
    std::swap(lock.mutex_, locked->mutex_);
    return result;
}

Result<void> ConditionVariable::notify_one(const Mutex::Lock&) const {
    if (state_.waiters_.load(std::memory_order_relaxed) == 0) return {};
    state_.changes_.fetch_add(1, std::memory_order_release);
    return bell_.signal();
}

// Nobody can begin to wait meanwhile, for that takes the mutex. So each signal wakes one who waited before or stays for one
// that has not come to the bell yet.
Result<void> ConditionVariable::notify_all(const Mutex::Lock&) const {
    const uint32_t waiters = state_.waiters_.load(std::memory_order_relaxed);
    if (waiters != 0) state_.changes_.fetch_add(1, std::memory_order_release);
    for (uint32_t number = 0; number < waiters; ++number) SEL_TRY_VOID(bell_.signal());
    return {};
}

}  // namespace sel
