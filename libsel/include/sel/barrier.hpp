// SPDX-License-Identifier: BSD-2-Clause
// A barrier of threads that share memory, in one task or in several; and what is done once by whoever comes first.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <sel/mutex.hpp>

namespace sel {

/// What all partners share: memory that is zero at first. Whoever can write it is trusted.
class BarrierState {
    friend class Barrier;
    std::atomic<uint32_t> arrived_{0};
    std::atomic<uint32_t> round_{0};  // the highest bit: closed
};

/// A partner's handle of a barrier: nobody goes on before all have arrived, round after round. Of two partners the one
/// that comes last makes one system call, the other one: who waits must be woken.
///
/// Rights: R and W on both notifications, which are this barrier's alone: rounds take turns, so that nobody who is a
/// round ahead takes a signal of those behind.
///
/// Example: a step after which everybody's results are there.
///
///     sel::Result<void> step(const sel::Barrier& all, void (*compute)()) {
///         compute();
///         return all.arrive_and_wait();
///     }
class Barrier {
public:
    /// `partners` is the number of those who meet, the same for all of them.
    Barrier(BarrierState& state, std::array<Notification, 2> bells, uint32_t partners)
        : state_(state), bells_(bells), partners_(partners) {}

    /// Waits until all have arrived. Errors: closed; those of Notification::wait.
    Result<void> arrive_and_wait() const;

    /// Nobody waits any more, now or later: a partner that is gone will not arrive. Errors: what signalling refuses.
    Result<void> close() const;

private:
    static constexpr uint32_t closed = 0x8000'0000;

    [[nodiscard]] Result<void> wake_all(uint32_t round) const;

    BarrierState& state_;
    std::array<Notification, 2> bells_;
    uint32_t partners_;
};

/// What all partners share: memory that is zero at first. Whoever can write it is trusted.
class OnceState {
    template <typename Work>
    friend Result<void> call_once(OnceState& state, Mutex& mutex, Work work);
    std::atomic<uint32_t> is_done_{0};
};

/// Does some work unless it has been done, and returns when it is done: once for all partners. Afterwards that is a load.
/// If the work fails, the error is the caller's alone, and the next one tries again. Errors: those of the work; those of
/// Mutex::lock, partner_died among them if a partner died at it.
///
/// Example: a table that whoever needs it first fills.
///
///     sel::Result<uint64_t> look_up(sel::OnceState& filled, sel::Mutex& mutex, std::vector<uint64_t>& table) {
///         SEL_TRY_VOID(sel::call_once(filled, mutex, [&]() -> sel::Result<void> {
///             table.assign(16, 1);
///             return {};
///         }));
///         return table[3];
///     }
template <typename Work>
Result<void> call_once(OnceState& state, Mutex& mutex, Work work) {
    // Pairs with the store below: who sees it sees what the work has done.
    if (state.is_done_.load(std::memory_order_acquire) != 0) [[likely]]
        return {};
    SEL_TRY(lock, mutex.lock());
    if (state.is_done_.load(std::memory_order_relaxed) == 0) {
        SEL_TRY_VOID(work());
        state.is_done_.store(1, std::memory_order_release);
    }
    return lock.unlock();
}

}  // namespace sel
