// SPDX-License-Identifier: BSD-2-Clause
// Which of the partners that wait for each other are still alive, told by who looks after them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sel/notification.hpp>

namespace sel {

/// What all share: memory that is zero at first, when everybody is alive. Whoever looks after the partners writes it (a
/// LivesKeeper); the partners only read it, so that those who do not trust each other can have it mapped without W.
class LivesState {
public:
    /// What lies at the beginning of memory that is shared. Errors: outside_region if that is too small or not aligned.
    [[nodiscard]] static Result<LivesState*> at(std::span<std::byte> memory) {
        const bool is_aligned = reinterpret_cast<uintptr_t>(memory.data()) % alignof(LivesState) == 0;
        if (memory.size() < sizeof(LivesState) || !is_aligned) {
            return refused({LibraryError::outside_region, 0, sizeof(LivesState)});
        }
        return reinterpret_cast<LivesState*>(memory.data());
    }

private:
    friend class Lives;
    friend class LivesKeeper;
    std::atomic<uint64_t> dead_{0};  // bit n: partner n + 1
};

/// A partner's view. Mutex, Semaphore, ConditionVariable, Barrier and the ends of channels take one: who waits for a
/// partner that has died is told partner_died, whether it began to wait before the death or after it. A default one
/// knows of no deaths.
///
/// Example: the lock of a group whose supervisor tells of deaths; who finds its holder dead repairs what it guards.
///
///     sel::Result<sel::Mutex::Lock> lock_or_repair(sel::Mutex& mutex, void (*repair)()) {
///         auto lock = mutex.lock();
///         if (lock || !lock.error().is(sel::LibraryError::partner_died)) return lock;
///         repair();
///         mutex.recover();
///         return mutex.lock();
///     }
class Lives {
public:
    static constexpr uint32_t most_partners = 64;

    /// Everybody is alive for ever.
    constexpr Lives() = default;

    /// `partners` says whose death matters: bit n for partner n + 1.
    explicit constexpr Lives(const LivesState& state, uint64_t partners = ~uint64_t{0})
        : state_(&state), partners_(partners) {}

    /// Of one partner only: at the other end of a channel. `number` is from 1 to 64.
    [[nodiscard]] constexpr Lives of(uint32_t number) const {
        Lives one = *this;
        one.partners_ = bit(number);
        return one;
    }

    /// Those who are dead and matter: bit n for partner n + 1.
    [[nodiscard]] uint64_t dead() const {
        // Pairs with LivesKeeper: what the dead had done before is seen.
        return state_ == nullptr ? 0 : state_->dead_.load(std::memory_order_acquire) & partners_;
    }

    /// Whether a partner is dead. `number` may be any.
    [[nodiscard]] bool is_dead(uint64_t number) const {
        return number - 1 < most_partners && (dead() & bit(static_cast<uint32_t>(number))) != 0;
    }

    /// Errors: partner_died with the number of the first that is dead.
    [[nodiscard]] Result<void> check() const;

private:
    friend class LivesKeeper;
    static constexpr uint64_t bit(uint32_t number) { return uint64_t{1} << (number - 1); }

    const LivesState* state_ = nullptr;
    uint64_t partners_ = 0;
};

/// The side of who looks after the partners: a supervisor, which learns of their faults and ends by messages, or who
/// destroys them. userland/servers/supervisor has one.
///
/// Rights: W on the notifications: all at which the partners wait for each other. Each is signalled once for a death;
/// who waits there for something else looks and waits on.
///
/// Example: a fault handler that tells the others; the badge is the partner's number.
///
///     struct Mourner {
///         sel::LivesKeeper& lives;
///
///         sel::Verdict fault(uint64_t badge, const sel::Fault&) {
///             (void)lives.died(static_cast<uint32_t>(badge));
///             return sel::Verdict::stay;
///         }
///     };
class LivesKeeper {
public:
    LivesKeeper(LivesState& state, std::span<const Notification> bells) : state_(state), bells_(bells) {}

    /// Partner `number` (1 to 64) runs no more and never will: all who wait for it are told. Errors:
    /// argument_out_of_range; what signalling refuses, when all have been tried.
    Result<void> died(uint32_t number);

    /// The others go on without it, or there is a new one in its place: nobody is told any more. Before, what the dead has
    /// left has been repaired: locks that it held have been recovered, and at condition variables where it may have waited
    /// somebody has been told of its death (by wait) or has told (by partner_died). Errors: argument_out_of_range.
    Result<void> forget(uint32_t number);

private:
    LivesState& state_;
    std::span<const Notification> bells_;
};

}  // namespace sel
