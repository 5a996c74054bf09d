// SPDX-License-Identifier: BSD-2-Clause
// A counting semaphore of threads that share memory, in one task or in several.
#pragma once

#include <atomic>
#include <cstdint>

#include <sel/lives.hpp>

namespace sel {

/// What all partners share: memory that is zero at first, which is the count 0. Whoever can write it is trusted.
class SemaphoreState {
    friend class Semaphore;
    std::atomic<uint32_t> count_{0};  // Semaphore::closed when it was closed
    std::atomic<uint32_t> waiters_{0};
};

/// A partner's handle of a semaphore; threads may share one. acquire() is no system call while the count is positive,
/// release() none while nobody waits. Of those who wait the highest priority goes first, but who comes when there is
/// something to take takes it.
///
/// Nobody owns what was taken, so anybody's death may be that of who was to release: with `lives`, the same for all
/// partners, there is no waiting while one of them is dead (what there is can be taken), until the keeper has forgotten it.
///
/// Rights: R to acquire and W to release and to acquire, on the notification, which is this semaphore's alone.
///
/// Example: as many as there are connections may be at work.
///
///     sel::Result<void> with_connection(const sel::Semaphore& connections, sel::Result<void> (*work)()) {
///         SEL_TRY_VOID(connections.acquire());
///         const sel::Result<void> done = work();
///         SEL_TRY_VOID(connections.release());
///         return done;
///     }
class Semaphore {
public:
    static constexpr uint32_t limit = 0x7fff'ffff;

    Semaphore(SemaphoreState& state, Notification bell, const Lives& lives = {})
        : state_(state), bell_(bell), lives_(lives) {}

    /// Takes one, waiting for it. Errors: closed, partner_died; those of Notification::wait.
    Result<void> acquire() const {
        uint32_t count = state_.count_.load(std::memory_order_relaxed);
        while (count - 1 < limit) {  // neither 0 nor closed
            // Acquires what a release has released.
            if (state_.count_.compare_exchange_weak(count, count - 1, std::memory_order_acquire)) [[likely]]
                return {};
        }
        return acquire_slowly();
    }

    /// Takes one if there is one. Errors: would_block, closed.
    Result<void> try_acquire() const;

    /// Adds to the count. Errors: count_too_large, closed; what signalling refuses.
    Result<void> release(uint32_t number = 1) const {
        uint32_t count = state_.count_.load(std::memory_order_relaxed);
        while (count <= limit && number <= limit - count) {
            // In one order with who begins to wait: one of them sees the other.
            if (!state_.count_.compare_exchange_weak(count, count + number)) continue;
            if (state_.waiters_.load() != 0) [[unlikely]]
                return bell_.signal();
            return {};
        }
        if (count == closed) return refused({LibraryError::closed});
        return refused({LibraryError::count_too_large, count, limit});
    }

    /// For who knows of a death where there are no Lives: a partner is gone, perhaps just when its turn had come: somebody else shall look.
    /// Errors: what signalling refuses.
    Result<void> partner_died() const { return bell_.signal(); }

    /// Nobody gets anything any more; who waits is told. Errors: what signalling refuses.
    Result<void> close() const;

private:
    static constexpr uint32_t closed = ~uint32_t{0};

    Result<void> acquire_slowly() const;

    SemaphoreState& state_;
    Notification bell_;
    Lives lives_;
};

}  // namespace sel
