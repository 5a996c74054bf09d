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
    if (lives_.is_dead(owner)) return refused({LibraryError::partner_died, owner});
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
        // All who wait learn of the end, also who is about to: the signal goes from one to the next.
        if (const auto usable = check(after); !usable) {
            (void)bell_.signal();
            return usable;
        }
    }
}

Result<void> Mutex::unlock_slowly() {
    uint64_t word = state_.word_.load(std::memory_order_relaxed);
    const auto change_to = [&](uint64_t after) {
        return state_.word_.compare_exchange_weak(word, after, std::memory_order_release, std::memory_order_relaxed);
    };
    while ((word & owner_mask) == self_) {
        if (!change_to(word & ~(owner_mask | raised_mask))) continue;
        const Result<void> signalled = word >= one_waiter ? bell_.signal() : Result<void>{};
        lower(word);
        return signalled;
    }
    // It was closed meanwhile, or the holder is said to be dead: raised it is no more all the same.
    while (raised(word) != 0 && !change_to(word & ~raised_mask)) {}
    lower(word);
    return refused({LibraryError::not_held, word & owner_mask});
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
    const auto is_left = [this](uint64_t owner) { return (owner & dead_mask) != 0 || lives_.is_dead(owner); };
    while (is_left(word & owner_mask) &&
           !state_.word_.compare_exchange_weak(word, word & ~(owner_mask | raised_mask), std::memory_order_release)) {}
}

Result<void> Mutex::close() { return mark(closed); }

/// The holder must not run at a lower priority than who waits for it. That it was raised is in the word, so that it cannot
/// unlock without knowing; and whoever sets its priority last has looked at the word afterwards.
void Mutex::raise(uint64_t owner) {
    if (self_ > partners_.size() || owner == 0 || owner > partners_.size()) return;
    const LockPartner& own = partners_[self_ - 1];
    const LockPartner& holder = partners_[owner - 1];
    uint64_t word = state_.word_.load(std::memory_order_relaxed);
    do {
        if ((word & owner_mask) != owner || own.priority <= std::max(raised(word), holder.priority)) return;
    } while (!state_.word_.compare_exchange_weak(word, (word & ~raised_mask) | uint64_t{own.priority} << raised_place));
    for (uint8_t set = own.priority;;) {
        (void)holder.thread.set_priority({.priority = set, .maximum = holder.maximum, .authority = own.thread});
        word = state_.word_.load();
        const bool is_raised = (word & owner_mask) == owner && raised(word) != 0;
        const uint8_t wanted = is_raised ? raised(word) : holder.priority;
        if (wanted == set) return;
        set = wanted;
    }
}

/// `unlocked` is what the lock was until this thread's unlocking.
void Mutex::lower(uint64_t unlocked) const {
    if (raised(unlocked) == 0 || self_ > partners_.size()) return;
    const LockPartner& own = partners_[self_ - 1];
    (void)own.thread.set_priority({.priority = own.priority, .maximum = own.maximum, .authority = own.thread});
}

}  // namespace sel
