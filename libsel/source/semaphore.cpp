// SPDX-License-Identifier: BSD-2-Clause
// A semaphore when somebody waits.

#include <sel/semaphore.hpp>

namespace sel {

// Who waits first says so, then looks; who releases first adds, then looks who waits. All four in one order
// (sequentially consistent): one of them sees the other.

Result<void> Semaphore::try_acquire() const {
    uint32_t count = state_.count_.load();
    for (;;) {
        if (count == closed) return refused({LibraryError::closed});
        if (count == 0) return refused({abi::ErrorCode::would_block});
        if (state_.count_.compare_exchange_weak(count, count - 1)) return {};
    }
}

Result<void> Semaphore::acquire_slowly() const {
    state_.waiters_.fetch_add(1);
    Result<void> result;
    for (;;) {
        result = try_acquire();
        if (result || !result.error().is(abi::ErrorCode::would_block)) break;
        if (const auto alive = lives_.check(); !alive) {
            result = alive;
            break;
        }
        if (const auto woken = bell_.wait(); !woken) {
            result = refused(woken.error());
            break;
        }
    }
    // Signals that come before anybody looks are one: whoever is woken sees to the next, as all do who learn of a death.
    const bool others_wait = state_.waiters_.fetch_sub(1) > 1;
    const bool is_death = !result && result.error().is(LibraryError::partner_died);
    if (others_wait && (is_death || state_.count_.load() != 0)) (void)bell_.signal();
    return result;
}

Result<void> Semaphore::close() const {
    state_.count_.store(closed);
    return bell_.signal();
}

}  // namespace sel
