// SPDX-License-Identifier: BSD-2-Clause
// A barrier of threads that share memory, in one task or in several; and what is done once by whoever comes first.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include <sel/mutex.hpp>

namespace sel {

/// What all partners share: memory that is zero at first. Whoever can write it is trusted.
class BarrierState {
    friend class Barrier;
    std::atomic<uint32_t> arrived_{0};
    std::atomic<uint32_t> round_{0};     // the highest bit: closed
    std::atomic<uint64_t> sleeping_{0};  // bit n: partner n + 1 waits for a signal, or is about to
    std::atomic<uint32_t> dead_{0};      // the partner that will not arrive any more
};

/// A partner's handle of a barrier: nobody goes on before all have arrived, round after round. Who comes last signals
/// those who sleep, and nobody else.
///
/// Each partner has a notification of its own, as for condition variables (sel/condition_variable.hpp): `bells` are all
/// of them, at most 64, that of partner 1 first; `self` is this thread's number. Rights: R on the own one, W on the
/// others. With `lives` of the same numbers nobody waits for who is dead.
///
/// Example: a step after which everybody's results are there.
///
///     sel::Result<void> step(const sel::Barrier& all, void (*compute)()) {
///         compute();
///         return all.arrive_and_wait();
///     }
class Barrier {
public:
    Barrier(BarrierState& state, std::span<const Notification> bells, uint32_t self, const Lives& lives = {})
        : state_(state), bells_(bells), self_(self), lives_(lives) {}

    /// Waits until all have arrived. Errors: closed, partner_died; argument_out_of_range if `self` is no partner or there
    /// are too many; those of Notification::wait, after which the barrier is at its end for all.
    Result<void> arrive_and_wait() const;

    /// For who knows of a death where there are no Lives: partner `number` is gone and will not arrive: nobody waits any more, now or later, and all are told.
    /// Errors: what signalling refuses.
    Result<void> partner_died(uint32_t number) const;

    /// Nobody waits any more, now or later. Errors: what signalling refuses.
    Result<void> close() const;

private:
    static constexpr uint32_t closed = 0x8000'0000;

    [[nodiscard]] Result<void> wake_sleepers() const;
    [[nodiscard]] Result<void> check_lives() const;
    [[nodiscard]] std::unexpected<Error> ended() const;

    BarrierState& state_;
    std::span<const Notification> bells_;
    uint32_t self_;
    Lives lives_;
};

/// What all partners share: memory that is zero at first. Whoever can write it is trusted.
class OnceState {
    template <typename Work>
    friend Result<void> call_once(OnceState& state, Mutex& mutex, Work work);
    std::atomic<uint32_t> is_done_{0};
};

/// Does some work unless it has been done, and returns when it is done: once for all partners. Afterwards that is a
/// load. If the work fails, the error is the caller's alone, and the next one tries again. Errors: those of the work;
/// those of Mutex::lock, partner_died among them if a partner died at it.
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
