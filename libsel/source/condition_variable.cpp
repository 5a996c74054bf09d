// SPDX-License-Identifier: BSD-2-Clause
// Waiting for a change, and telling of one.

#include <sel/condition_variable.hpp>

#include <bit>
#include <utility>

namespace sel {

Result<void> ConditionVariable::wait(Mutex::Lock& lock) const {
    if (lock.mutex_ == nullptr) return refused({LibraryError::not_held});
    if (self_ == 0 || self_ > bells_.size() || self_ > most_partners) {
        return refused({abi::ErrorCode::argument_out_of_range, 3, most_partners});
    }
    SEL_TRY_VOID(check_lives());
    Mutex& mutex = *lock.mutex_;
    const uint32_t deaths = state_.deaths_;
    // The highest priority first, then who came first.
    constexpr unsigned priority_place = 56;
    state_.turns_[self_ - 1] = uint64_t{255u - mutex.own_priority()} << priority_place | state_.next_turn_++;
    state_.waiting_.fetch_or(bit(self_), std::memory_order_relaxed);
    Result<void> result = lock.unlock();
    // Who notifies clears the bit and then signals: either this thread sees that, or the signal waits for it.
    while (result && (state_.waiting_.load(std::memory_order_acquire) & bit(self_)) != 0) {
        result = check_lives();
        if (!result) break;
        if (const auto woken = bells_[self_ - 1].wait(); !woken) result = refused(woken.error());
    }
    // Before anything else is refused: who does not wait is not to be notified.
    if (!result) state_.waiting_.fetch_and(~bit(self_), std::memory_order_relaxed);
    auto locked = mutex.lock();
    if (!locked) return refused(locked.error());
    std::swap(lock.mutex_, locked->mutex_);
    if (result && state_.deaths_ != deaths) result = refused({LibraryError::partner_died, state_.dead_});
    return result;
}

/// Whoever comes in a dead partner's place has not its turn.
Result<void> ConditionVariable::check_lives() const {
    const Result<void> alive = lives_.check();
    if (!alive) state_.waiting_.fetch_and(~lives_.dead(), std::memory_order_relaxed);
    return alive;
}

// It would find the lock held if it ran now.
void ConditionVariable::notify_one(const Mutex::Lock& lock) const {
    const uint64_t waiting = state_.waiting_.load(std::memory_order_relaxed) & ~lives_.dead();
    if (waiting == 0) return;
    const uint32_t next = next_partner(waiting);
    state_.waiting_.fetch_and(~bit(next), std::memory_order_release);
    lock.wake_later(*this, bit(next));
}

void Mutex::Lock::wake_later(const ConditionVariable& notified, uint64_t partners) const {
    if (notified_ != &notified && to_wake_ != 0) (void)wake(*notified_, std::exchange(to_wake_, 0));
    notified_ = &notified;
    to_wake_ |= partners;
    if (mutex_ == nullptr) (void)wake(*notified_, std::exchange(to_wake_, 0));
}

Result<void> Mutex::Lock::wake(const ConditionVariable& notified, uint64_t partners) { return notified.wake(partners); }

/// One whose notification is gone does not run: then all others look whether it is their turn.
Result<void> ConditionVariable::wake(uint64_t partners) const {
    Result<void> result;
    while (partners != 0) {
        const auto partner = static_cast<size_t>(std::countr_zero(partners));
        partners &= partners - 1;
        const auto woken = bells_[partner].signal();
        if (woken) continue;
        result = woken;
        partners |= state_.waiting_.exchange(0, std::memory_order_release);
    }
    return result;
}

uint32_t ConditionVariable::next_partner(uint64_t waiting) const {
    auto next = static_cast<uint32_t>(std::countr_zero(waiting));
    for (uint64_t rest = waiting & (waiting - 1); rest != 0; rest &= rest - 1) {
        const auto other = static_cast<uint32_t>(std::countr_zero(rest));
        if (state_.turns_[other] < state_.turns_[next]) next = other;
    }
    return next + 1;
}

void ConditionVariable::notify_all(const Mutex::Lock& lock) const {
    if (state_.waiting_.load(std::memory_order_relaxed) == 0) return;
    lock.wake_later(*this, state_.waiting_.exchange(0, std::memory_order_release));
}

void ConditionVariable::partner_died(const Mutex::Lock& lock, uint32_t number) const {
    state_.waiting_.fetch_and(~bit(number), std::memory_order_relaxed);
    state_.dead_ = number;
    ++state_.deaths_;
    notify_all(lock);
}

}  // namespace sel
