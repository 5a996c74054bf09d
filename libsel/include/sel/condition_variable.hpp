// SPDX-License-Identifier: BSD-2-Clause
// A condition variable of threads that share memory, in one task or in several.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include <sel/mutex.hpp>

namespace sel {

/// What all partners share: memory that is zero at first, changed under the mutex only. Whoever can write it is
/// trusted.
class ConditionState {
    friend class ConditionVariable;
    static constexpr size_t most_partners = 64;

    std::atomic<uint64_t> waiting_{0};             // bit n: partner n + 1 waits
    std::array<uint64_t, most_partners> turns_{};  // of those: who has the least is next
    uint64_t next_turn_ = 0;
    uint32_t deaths_ = 0;  // how many partners have died
    uint32_t dead_ = 0;    // the last of them
};

/// One thread's handle of a condition variable. Whoever changes the condition holds the mutex, and so does who
/// notifies: it costs no system call while nobody waits.
///
/// Each partner has a notification of its own, at which only it waits; the same may serve for all condition variables
/// and barriers of a thread. (At one for all, two signals for two who are just about to wait would be one.) `bells`
/// are all of them, that of partner 1 first; `self` is this thread's number. Rights: R on the own one, W on the
/// others.
///
/// With `lives`, the same for all partners, nobody waits while one of them is dead, who may have been the one to notify,
/// until the keeper has forgotten it.
///
/// Example: wait until a queue is not empty.
///
///     sel::Result<int> take(sel::Mutex& mutex, const sel::ConditionVariable& filled, std::vector<int>& queue) {
///         SEL_TRY(lock, mutex.lock());
///         while (queue.empty()) SEL_TRY_VOID(filled.wait(lock));
///         const int last = queue.back();
///         queue.pop_back();
///         return last;
///     }
class ConditionVariable {
public:
    static constexpr size_t most_partners = ConditionState::most_partners;

    ConditionVariable(ConditionState& state, std::span<const Notification> bells, uint32_t self,
                      const Lives& lives = {})
        : state_(state), bells_(bells), self_(self), lives_(lives) {}

    /// Unlocks, waits to be notified, and locks again; it may also return without notification, so look again. After an
    /// error the lock is held (lock.is_held()) unless it is the mutex that has come to its end.
    /// Errors: not_held; argument_out_of_range if `self` is no partner; partner_died if one is dead, or was gone while this one waited, who may have been the one to
    /// notify it; those of Notification::wait, those of Mutex::lock.
    Result<void> wait(Mutex::Lock& lock) const;

    /// Wakes one who waits: of the highest priority, if the mutex knows its partners, and of these the one that has
    /// waited longest. It runs when the lock is unlocked, which also says what signalling refuses; this must live until
    /// then. If its notification is gone, all others are woken in its place.
    void notify_one(const Mutex::Lock& lock) const;

    /// Wakes all who wait, likewise.
    void notify_all(const Mutex::Lock& lock) const;

    /// For who knows of a death where there are no Lives: a partner is gone, perhaps just when it had been woken. All
    /// others are told, when the lock is unlocked.
    void partner_died(const Mutex::Lock& lock, uint32_t number) const;

private:
    friend class Mutex::Lock;
    [[nodiscard]] Result<void> wake(uint64_t partners) const;
    [[nodiscard]] Result<void> check_lives() const;
    [[nodiscard]] uint32_t next_partner(uint64_t waiting) const;
    [[nodiscard]] static constexpr uint64_t bit(uint32_t partner) { return uint64_t{1} << (partner - 1); }

    ConditionState& state_;
    std::span<const Notification> bells_;
    uint32_t self_;
    Lives lives_;
};

}  // namespace sel
