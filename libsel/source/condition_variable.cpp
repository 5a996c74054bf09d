// SPDX-License-Identifier: BSD-2-Clause
// Waiting for a change, and telling of one.

#include <sel/condition_variable.hpp>

#include <bit>

namespace sel {

Result<void> ConditionVariable::wait(Mutex::Lock& lock) const {
    if (lock.mutex_ == nullptr) return refused({LibraryError::not_held});
    Mutex& mutex = *lock.mutex_;
    const uint32_t deaths = state_.deaths_;
    // The highest priority first, then who came first.
    constexpr unsigned priority_place = 56;
    state_.turns_[self_ - 1] = uint64_t{255u - mutex.own_priority()} << priority_place | state_.next_turn_++;
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
    if (result && state_.deaths_ != deaths) result = refused({LibraryError::partner_died, state_.dead_});
    return result;
}

Result<void> ConditionVariable::notify_one(const Mutex::Lock&) const {
    const uint64_t waiting = state_.waiting_.load(std::memory_order_relaxed);
    if (waiting == 0) return {};
    const uint32_t next = next_partner(waiting);
    state_.waiting_.fetch_and(~bit(next), std::memory_order_release);
    return bells_[next - 1].signal();
}

uint32_t ConditionVariable::next_partner(uint64_t waiting) const {
    auto next = static_cast<uint32_t>(std::countr_zero(waiting));
    for (uint64_t rest = waiting & (waiting - 1); rest != 0; rest &= rest - 1) {
        const auto other = static_cast<uint32_t>(std::countr_zero(rest));
        if (state_.turns_[other] < state_.turns_[next]) next = other;
    }
    return next + 1;
}

Result<void> ConditionVariable::notify_all(const Mutex::Lock& lock) const {
    while (state_.waiting_.load(std::memory_order_relaxed) != 0) SEL_TRY_VOID(notify_one(lock));
    return {};
}

Result<void> ConditionVariable::partner_died(const Mutex::Lock& lock, uint32_t number) const {
    state_.waiting_.fetch_and(~bit(number), std::memory_order_relaxed);
    state_.dead_ = number;
    ++state_.deaths_;
    return notify_all(lock);
}

}  // namespace sel
