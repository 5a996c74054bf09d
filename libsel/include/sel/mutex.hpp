// SPDX-License-Identifier: BSD-2-Clause
// A mutex of threads that share memory, in one task or in several.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <utility>

#include <sel/lives.hpp>
#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace sel {

class ConditionVariable;

/// What all partners share: memory that is zero at first. Whoever can write it is trusted: a partner that writes other
/// things there breaks the lock for all. Channels (sel/channel.hpp) are for partners who do not trust each other.
class MutexState {
    friend class Mutex;
    // Who holds the lock, 0 for nobody | the priority that it was raised to << 32, 0 if it was not | how many wait or are
    // about to << 40.
    std::atomic<uint64_t> word_{0};
};

/// A thread among the partners of a mutex, for priority inheritance.
struct LockPartner {
    Thread thread{};       ///< right W
    uint8_t priority = 0;  ///< at which it runs when it is not raised
    uint8_t maximum = 0;   ///< its maximum controlled priority
};

/// What a mutex knows of its partners, the same for all of them.
struct LockPartners {
    std::span<const LockPartner> threads{};  ///< for inheritance, that of partner 1 first; none: there is none
    Lives lives{};                           ///< who of them is alive; none: nobody tells
};

/// One thread's handle of a mutex. To lock and unlock is no system call while nobody else wants the lock; otherwise
/// the waiter of the highest priority is the next. With partners it inherits priority: who waits raises the holder to
/// its own priority, until that unlocks. That is per lock: a thread holds one such lock at a time (inner ones have no
/// partners), and a holder that waits for another lock passes nothing on.
///
/// Rights: R and W on the notification, which is this mutex's alone, the same for all partners. `self` is the partner's
/// number, from 1 on.
///
/// Example: a counter that several threads increment.
///
///     sel::Result<void> increment(sel::Mutex& mutex, uint64_t& counter) {
///         SEL_TRY(lock, mutex.lock());
///         ++counter;
///         return lock.unlock();
///     }
///
/// A lock whose holder has died is never locked again before somebody has repaired what it guards and calls recover();
/// those who wait are told. That it has died says who looks after the partners, by their Lives (sel/lives.hpp), or
/// somebody who knows of it, by partner_died(). A partner that is begun anew says so of its former self, before it locks
/// anything. When the notification is gone, whoever waits gets `cancelled`.
class Mutex {
public:
    /// Holds the lock until it is unlocked or destroyed.
    class [[nodiscard]] Lock {
    public:
        Lock(Lock&& other) noexcept
            : mutex_(std::exchange(other.mutex_, nullptr)),
              notified_(other.notified_),
              to_wake_(std::exchange(other.to_wake_, 0)) {}
        Lock& operator=(Lock&&) = delete;
        ~Lock() {
            if (mutex_ != nullptr) (void)unlock();
        }

        /// Whether it has not been unlocked.
        [[nodiscard]] bool is_held() const { return mutex_ != nullptr; }

        /// Wakes whom condition variables have notified, too: they want the lock. Errors: not_held if it has been unlocked
        /// before; what signalling refuses, but then it is unlocked.
        Result<void> unlock() {
            if (mutex_ == nullptr) return refused({LibraryError::not_held});
            const Result<void> unlocked = std::exchange(mutex_, nullptr)->unlock();
            if (to_wake_ != 0) [[unlikely]] {
                if (const auto woken = wake(*notified_, std::exchange(to_wake_, 0)); !woken) return woken;
            }
            return unlocked;
        }

    private:
        friend class Mutex;
        friend class ConditionVariable;
        explicit Lock(Mutex& mutex) : mutex_(&mutex) {}
        void wake_later(const ConditionVariable& notified, uint64_t partners) const;
        // Static, so that a lock that is only taken and given back needs no address.
        [[nodiscard]] static Result<void> wake(const ConditionVariable& notified, uint64_t partners);

        Mutex* mutex_;
        // Whom unlocking wakes: bit n says that partner n + 1.
        mutable const ConditionVariable* notified_ = nullptr;
        mutable uint64_t to_wake_ = 0;
    };

    /// Who raises others also needs to be a partner itself: partners.threads[self - 1] is this thread.
    Mutex(MutexState& state, Notification bell, uint32_t self, const LockPartners& partners = {})
        : state_(state), bell_(bell), self_(self), partners_(partners.threads), lives_(partners.lives) {}

    /// Waits for the lock. Errors: held_already, partner_died, closed; those of Notification::wait.
    Result<Lock> lock() {
        uint64_t free = 0;
        if (!state_.word_.compare_exchange_strong(free, self_, std::memory_order_acquire)) [[unlikely]] {
            SEL_TRY_VOID(lock_slowly());
        }
        return Lock(*this);
    }

    /// Takes the lock if it is free. Errors: would_block; those of lock().
    Result<Lock> try_lock();

    /// Partner `number` is gone: if it holds the lock, nobody gets it before recover(). Errors: what signalling
    /// refuses.
    Result<void> partner_died(uint32_t number);

    /// Makes a lock whose holder has died, or which was closed, usable again. The caller has repaired what it guards, and
    /// knows that nobody is at it any more: who held the lock when it was closed may be.
    void recover();

    /// Nobody gets the lock any more; who waits is told.
    /// Errors: what signalling refuses.
    Result<void> close();

private:
    friend class ConditionVariable;

    static constexpr uint64_t owner_mask = 0xffff'ffff;
    static constexpr unsigned raised_place = 32;
    static constexpr uint64_t raised_mask = uint64_t{0xff} << raised_place;
    static constexpr uint64_t one_waiter = uint64_t{1} << 40;
    // Owners that no partner is.
    static constexpr uint64_t closed = owner_mask;
    static constexpr uint64_t dead_mask = 0x8000'0000;

    Result<void> unlock() {
        uint64_t held = self_;
        if (state_.word_.compare_exchange_strong(held, 0, std::memory_order_release)) [[likely]]
            return {};
        return unlock_slowly();
    }
    Result<void> lock_slowly();
    Result<void> unlock_slowly();
    /// 0 if the partners are not known.
    [[nodiscard]] uint8_t own_priority() const { return self_ <= partners_.size() ? partners_[self_ - 1].priority : 0; }
    [[nodiscard]] Result<void> check(uint64_t word) const;
    [[nodiscard]] Result<void> mark(uint64_t owner);
    [[nodiscard]] static uint8_t raised(uint64_t word) { return static_cast<uint8_t>(word >> raised_place); }
    void raise(uint64_t owner);
    void lower(uint64_t unlocked) const;

    MutexState& state_;
    Notification bell_;
    uint64_t self_;
    std::span<const LockPartner> partners_;
    Lives lives_;
};

}  // namespace sel
