// SPDX-License-Identifier: BSD-2-Clause
// Meeting at a barrier.

#include <sel/barrier.hpp>

namespace sel {

Result<void> Barrier::arrive_and_wait() const {
    const uint32_t round = state_.round_.load(std::memory_order_acquire);
    if ((round & closed) != 0) return refused({LibraryError::closed});
    if (state_.arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == bells_.size()) {
        state_.arrived_.store(0, std::memory_order_relaxed);
        // Only close() can have changed it.
        uint32_t expected = round;
        const uint32_t next = (round + 1) & ~closed;
        if (!state_.round_.compare_exchange_strong(expected, next, std::memory_order_acq_rel)) {
            return refused({LibraryError::closed});
        }
        return wake_others();
    }
    for (;;) {
        const uint32_t now = state_.round_.load(std::memory_order_acquire);
        if ((now & closed) != 0) return refused({LibraryError::closed});
        if (now != round) return {};
        SEL_TRY_VOID(bells_[self_ - 1].wait());
    }
}

Result<void> Barrier::wake_others() const {
    for (uint32_t partner = 1; partner <= bells_.size(); ++partner) {
        if (partner != self_) SEL_TRY_VOID(bells_[partner - 1].signal());
    }
    return {};
}

Result<void> Barrier::close() const {
    state_.round_.fetch_or(closed, std::memory_order_acq_rel);
    return wake_others();
}

}  // namespace sel
