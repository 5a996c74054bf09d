// SPDX-License-Identifier: BSD-2-Clause
// A mutex when it is contended, closed, or left by the dead.

#include <sel/mutex.hpp>

#include <algorithm>

namespace sel {

/// Whether the lock can be waited for at all.
Result<void> Mutex::check(uint64_t word) const {
    const uint64_t owner = word & owner_mask;
    if (owner == closed) return refused({LibraryError::closed});
    if ((owner & dead_mask) != 0) return refused({LibraryError::partner_died, owner & ~dead_mask});
    if (owner == self_) return refused({LibraryError::held_already, self_});
    return {};
}

Result<Mutex::Lock> Mutex::try_lock() {
    uint64_t word = state_.word_.load(std::memory_order_relaxed);
    while ((word & owner_mask) == 0) {
        if (state_.word_.compare_exchange_weak(word, word | self_, std::memory_order_acquire)) return Lock(*this);
    }
    SEL_TRY_VOID(check(word));
    return refused({abi::ErrorCode::would_block});
}

Result<void> Mutex::lock_slowly() {
    for (;;) {
        uint64_t word = state_.word_.load(std::memory_order_relaxed);
        if ((word & owner_mask) == 0) {
            // Acquires what the last holder has released.
            if (state_.word_.compare_exchange_weak(word, word | self_, std::memory_order_acquire)) return {};
            continue;
        }
        SEL_TRY_VOID(check(word));
        if (!state_.word_.compare_exchange_weak(word, word + one_waiter, std::memory_order_relaxed)) continue;
        raise(word & owner_mask);
        const Result<uint64_t> woken = bell_.wait();
        const uint64_t after = state_.word_.fetch_sub(one_waiter, std::memory_order_relaxed) - one_waiter;
        if (!woken) return refused(woken.error());
        // All who wait learn of the end: the signal goes from one to the next.
        if (const auto usable = check(after); !usable) {
            if (after >= one_waiter) (void)bell_.signal();
            return usable;
        }
    }
}

Result<void> Mutex::unlock_slowly() {
    uint64_t word = state_.word_.load(std::memory_order_relaxed);
    do {
        if ((word & owner_mask) != self_) return refused({LibraryError::not_held, word & owner_mask});
    } while (!state_.word_.compare_exchange_weak(word, word & ~owner_mask, std::memory_order_release));
    const Result<void> signalled = word >= one_waiter ? bell_.signal() : Result<void>{};
    lower();
    return signalled;
}

/// Gives the lock an owner that no partner is, and wakes the first who waits.
Result<void> Mutex::mark(uint64_t owner) {
    uint64_t word = state_.word_.load(std::memory_order_relaxed);
    while (!state_.word_.compare_exchange_weak(word, (word & ~owner_mask) | owner, std::memory_order_acq_rel)) {}
    return bell_.signal();
}

Result<void> Mutex::partner_died(uint32_t number) {
    const uint64_t owner = state_.word_.load(std::memory_order_relaxed) & owner_mask;
    if (owner == number) return mark(number | dead_mask);
    // It may have been woken and not have come to take the lock.
    return bell_.signal();
}

void Mutex::recover() {
    uint64_t word = state_.word_.load(std::memory_order_relaxed);
    while ((word & dead_mask) != 0 &&
           !state_.word_.compare_exchange_weak(word, word & ~owner_mask, std::memory_order_release)) {}
    state_.raised_.store(0, std::memory_order_relaxed);
}

Result<void> Mutex::close() { return mark(closed); }

/// The holder must not run at a lower priority than who waits for it.
void Mutex::raise(uint64_t owner) {
    if (self_ > partners_.size() || owner == 0 || owner > partners_.size()) return;
    const LockPartner& own = partners_[self_ - 1];
    const LockPartner& holder = partners_[owner - 1];
    uint32_t raised = state_.raised_.load(std::memory_order_relaxed);
    const uint32_t wanted = uint32_t{own.priority} + 1;
    do {
        if (wanted <= std::max<uint32_t>(raised, uint32_t{holder.priority} + 1)) return;
    } while (!state_.raised_.compare_exchange_weak(raised, wanted, std::memory_order_relaxed));
    (void)holder.thread.set_priority({.priority = own.priority, .maximum = holder.maximum, .authority = own.thread});
    // If it has unlocked meanwhile, nobody would lower it again.
    if ((state_.word_.load(std::memory_order_relaxed) & owner_mask) != owner) {
        state_.raised_.store(0, std::memory_order_relaxed);
        (void)holder.thread.set_priority(
            {.priority = holder.priority, .maximum = holder.maximum, .authority = own.thread});
    }
}

void Mutex::lower() {
    if (self_ > partners_.size() || state_.raised_.exchange(0, std::memory_order_relaxed) == 0) return;
    const LockPartner& own = partners_[self_ - 1];
    (void)own.thread.set_priority({.priority = own.priority, .maximum = own.maximum, .authority = own.thread});
}

}  // namespace sel
