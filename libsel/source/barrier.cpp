// SPDX-License-Identifier: BSD-2-Clause
// Meeting at a barrier.

#include <sel/barrier.hpp>

#include <bit>

namespace sel {

// Who goes to sleep says so, then looks whether the round is over; who ends the round does so, then looks who sleeps.
// All four in one order (sequentially consistent): one of them sees the other.

Result<void> Barrier::arrive_and_wait() const {
    if (self_ == 0 || self_ > bells_.size() || bells_.size() > Lives::most_partners) {
        return refused({abi::ErrorCode::argument_out_of_range, 3, Lives::most_partners});
    }
    const uint32_t round = state_.round_.load(std::memory_order_acquire);
    if ((round & closed) != 0) return ended();
    if (state_.arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == bells_.size()) {
        state_.arrived_.store(0, std::memory_order_relaxed);
        // Only close() can have changed it.
        uint32_t expected = round;
        if (!state_.round_.compare_exchange_strong(expected, (round + 1) & ~closed)) return ended();
        return wake_sleepers();
    }
    const uint64_t bit = uint64_t{1} << (self_ - 1);
    for (;;) {
        // Each time anew: who ended the last round may have been slow, and taken this round's bit for that one's.
        state_.sleeping_.fetch_or(bit);
        const uint32_t now = state_.round_.load();
        if (now != round) {
            state_.sleeping_.fetch_and(~bit, std::memory_order_relaxed);
            if ((now & closed) != 0) return ended();
            return {};
        }
        SEL_TRY_VOID(check_lives());
        if (const auto woken = bells_[self_ - 1].wait(); !woken) {
            (void)partner_died(self_);  // it has arrived, and will not know when the others have
            return refused(woken.error());
        }
    }
}

Result<void> Barrier::wake_sleepers() const {
    Result<void> result;
    if (state_.sleeping_.load() == 0) return result;
    for (uint64_t sleeping = state_.sleeping_.exchange(0); sleeping != 0; sleeping &= sleeping - 1) {
        const auto partner = static_cast<size_t>(std::countr_zero(sleeping));
        if (const auto woken = bells_[partner].signal(); !woken) result = woken;
    }
    return result;
}

/// Who finds a partner dead ends the barrier for all.
Result<void> Barrier::check_lives() const {
    const uint64_t all = ~uint64_t{0} >> (64 - bells_.size());
    const uint64_t dead = lives_.dead() & all;
    if (dead == 0) return {};
    const auto number = static_cast<uint32_t>(std::countr_zero(dead)) + 1;
    (void)partner_died(number);
    return refused({LibraryError::partner_died, number});
}

std::unexpected<Error> Barrier::ended() const {
    const uint32_t dead = state_.dead_.load(std::memory_order_relaxed);
    if (dead == 0) return refused({LibraryError::closed});
    return refused({LibraryError::partner_died, dead});
}

Result<void> Barrier::partner_died(uint32_t number) const {
    state_.dead_.store(number, std::memory_order_relaxed);  // seen by who sees it closed
    return close();
}

Result<void> Barrier::close() const {
    state_.round_.fetch_or(closed);
    return wake_sleepers();
}

}  // namespace sel
