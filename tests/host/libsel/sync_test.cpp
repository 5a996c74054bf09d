// SPDX-License-Identifier: BSD-2-Clause
// Synchronisation between threads, watched by the thread sanitizer: exclusion, no lost wake-up, the dead, the closed.

#include <chrono>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <sel/barrier.hpp>
#include <sel/condition_variable.hpp>
#include <sel/semaphore.hpp>

#include "fake_notifications.hpp"

using namespace sel;

namespace {

constexpr uint32_t threads = 4;
constexpr int rounds = 2000;

/// Runs something in threads 1 to `count` and waits for their end.
template <typename Work>
void in_threads(uint32_t count, Work work) {
    std::vector<std::jthread> running;
    for (uint32_t self = 1; self <= count; ++self) running.emplace_back([&work, self] { work(self); });
}

void take_a_while() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

}  // namespace

TEST_CASE("mutex: one at a time, and no system call without contention") {
    MutexState state;
    FakeNotification bell;
    uint64_t count = 0;
    const uint64_t before = FakeNotification::calls();
    Mutex alone(state, bell.capability(), 1);
    for (int round = 0; round < rounds; ++round) {
        auto lock = alone.lock();
        REQUIRE(lock);
        CHECK(lock->unlock());
    }
    CHECK(FakeNotification::calls() == before);
    in_threads(threads, [&](uint32_t self) {
        Mutex mutex(state, bell.capability(), self);
        for (int round = 0; round < rounds; ++round) {
            const auto lock = mutex.lock();
            if (lock) ++count;
        }
    });
    CHECK(count == uint64_t{threads} * rounds);
}

TEST_CASE("mutex: misuse is an error, and changes nothing") {
    MutexState state;
    FakeNotification bell;
    Mutex one(state, bell.capability(), 1), two(state, bell.capability(), 2);
    auto lock = one.lock();
    REQUIRE(lock);
    CHECK(one.lock().error() == Error(LibraryError::held_already, 1));
    CHECK(one.try_lock().error().is(LibraryError::held_already));
    CHECK(two.try_lock().error().is(abi::ErrorCode::would_block));
    CHECK(lock->unlock());
    CHECK(lock->unlock().error().is(LibraryError::not_held));
    CHECK(two.try_lock());
}

TEST_CASE("mutex: who waits for the dead, the closed or a bell that is gone is told") {
    for (int how = 0; how < 3; ++how) {
        MutexState state;
        FakeNotification bell;
        Mutex one(state, bell.capability(), 1);
        auto held = one.lock();
        REQUIRE(held);
        std::vector<Error> errors(threads, Error(abi::ErrorCode::would_block));
        std::jthread ending([&] {
            take_a_while();
            if (how == 0) (void)one.partner_died(1);
            if (how == 1) (void)one.close();
            if (how == 2) bell.destroy();
        });
        in_threads(threads, [&](uint32_t self) {
            Mutex mutex(state, bell.capability(), self + 1);
            if (const auto lock = mutex.lock(); !lock) errors[self - 1] = lock.error();
        });
        ending.join();
        for (const Error& error : errors) {
            if (how == 0) CHECK(error == Error(LibraryError::partner_died, 1));
            if (how == 1) CHECK(error.is(LibraryError::closed));
            if (how == 2) CHECK((error.is(abi::ErrorCode::cancelled) || error.is(abi::ErrorCode::empty_slot)));
        }
        CHECK(held->unlock().has_value() == (how == 2));
        one.recover();
        CHECK(one.lock());
    }
    // One that dies with the lock free, or that never had it, harms nobody.
    MutexState state;
    FakeNotification bell;
    Mutex one(state, bell.capability(), 1), two(state, bell.capability(), 2);
    CHECK(two.partner_died(3));
    CHECK(one.lock());
    CHECK(two.lock());
}

TEST_CASE("semaphore: as many as there are, no release is lost") {
    SemaphoreState state;
    FakeNotification bell;
    const Semaphore semaphore(state, bell.capability());
    std::atomic<int> taken{0}, within{0}, most{0};
    CHECK(semaphore.try_acquire().error().is(abi::ErrorCode::would_block));
    const uint64_t before = FakeNotification::calls();
    CHECK(semaphore.release(2));
    CHECK(semaphore.acquire());
    CHECK(semaphore.release());
    CHECK(FakeNotification::calls() == before);
    in_threads(threads, [&](uint32_t) {
        for (int round = 0; round < rounds; ++round) {
            if (!semaphore.acquire()) continue;
            const int now = ++within;
            int seen = most.load();
            while (seen < now && !most.compare_exchange_weak(seen, now)) {}
            ++taken;
            --within;
            (void)semaphore.release();
        }
    });
    CHECK(taken == static_cast<int>(threads) * rounds);
    CHECK(most <= 2);
    CHECK(semaphore.release(Semaphore::limit).error() == Error(LibraryError::count_too_large, 2, Semaphore::limit));
    // Several released at once wake several.
    SemaphoreState none;
    const Semaphore gate(none, bell.capability());
    std::jthread opener([&] {
        take_a_while();
        (void)gate.release(threads);
    });
    std::atomic<int> passed{0};
    in_threads(threads, [&](uint32_t) { passed += gate.acquire() ? 1 : 0; });
    CHECK(passed == threads);
}

TEST_CASE("semaphore: closed, all who wait are told") {
    SemaphoreState state;
    FakeNotification bell;
    const Semaphore semaphore(state, bell.capability());
    std::jthread closer([&] {
        take_a_while();
        (void)semaphore.close();
    });
    std::atomic<int> told{0};
    in_threads(threads, [&](uint32_t) {
        const auto got = semaphore.acquire();
        told += !got && got.error().is(LibraryError::closed) ? 1 : 0;
    });
    CHECK(told == threads);
    CHECK(semaphore.release().error().is(LibraryError::closed));
    CHECK(semaphore.try_acquire().error().is(LibraryError::closed));
}

namespace {

/// A notification for each partner.
struct Bells {
    Bells() {
        for (size_t i = 0; i < threads; ++i) capabilities[i] = notifications[i].capability();
    }
    std::array<FakeNotification, threads> notifications;
    std::array<Notification, threads> capabilities;
};

}  // namespace

TEST_CASE("condition variable: producers and consumers meet, one by one and all at once") {
    for (int time = 0; time < 20; ++time) {
        MutexState state;
        ConditionState filled_state;
        FakeNotification bell;
        const Bells bells;
        std::vector<int> queue;
        int consumed = 0, ended = 0;
        bool is_over = false;
        in_threads(threads, [&](uint32_t self) {
            Mutex mutex(state, bell.capability(), self);
            const ConditionVariable filled(filled_state, bells.capabilities, self);
            const bool produces = self % 2 == 0;
            for (int round = 0; produces && round < rounds / 10; ++round) {
                const auto lock = mutex.lock();
                queue.push_back(round);
                filled.notify_one(*lock);
            }
            auto lock = mutex.lock();
            if (produces) {
                is_over = ++ended == 2;
                if (is_over) filled.notify_all(*lock);
                return;
            }
            for (;;) {
                while (queue.empty() && !is_over) (void)filled.wait(*lock);
                if (queue.empty()) return;
                queue.pop_back();
                ++consumed;
            }
        });
        CHECK(consumed == 2 * (rounds / 10));
        Mutex mutex(state, bell.capability(), 1);
        const auto lock = mutex.lock();
        const ConditionVariable filled(filled_state, bells.capabilities, 1);
        const uint64_t before = FakeNotification::calls();
        filled.notify_one(*lock);
        filled.notify_all(*lock);
        CHECK(FakeNotification::calls() == before);
    }
}

TEST_CASE("condition variable: everybody who waits is woken, also when another has died") {
    MutexState state;
    ConditionState condition;
    FakeNotification bell;
    const Bells bells;
    bool is_over = false;
    std::atomic<uint32_t> waiting{0};
    std::jthread ending([&] {
        while (waiting < threads - 1) std::this_thread::yield();
        Mutex mutex(state, bell.capability(), threads);
        auto lock = mutex.lock();
        is_over = true;
        ConditionVariable(condition, bells.capabilities, threads).partner_died(*lock, 1);
    });
    in_threads(threads - 1, [&](uint32_t self) {
        Mutex mutex(state, bell.capability(), self);
        auto lock = mutex.lock();
        ++waiting;
        const ConditionVariable over(condition, bells.capabilities, self);
        while (!is_over) {
            if (self == 1) return;  // as if destroyed
            (void)over.wait(*lock);
        }
    });
    CHECK(is_over);
}

TEST_CASE(
    "condition variable: who waits is woken by priority, among equals in the order of arrival, and told of the dead") {
    MutexState state;
    ConditionState condition;
    FakeNotification bell;
    const Bells bells;
    // Partner 4 notifies; 1, 2 and 3 come one after the other.
    const bool by_priority = GENERATE(false, true);
    const std::array<LockPartner, threads> partners{
        LockPartner{.priority = 10}, {.priority = 30}, {.priority = 10}, {}};
    std::vector<uint32_t> order;
    std::vector<Error> errors;
    uint32_t waiting = 0, woken = 0;
    const auto run = [&](uint32_t self) {
        const LockPartners known{.threads = by_priority ? std::span(partners) : std::span<const LockPartner>()};
        Mutex mutex(state, bell.capability(), self, known);
        const ConditionVariable variable(condition, bells.capabilities, self);
        for (;;) {
            auto lock = mutex.lock();
            if (waiting != self - 1) continue;
            ++waiting;
            while (woken <= order.size()) {
                if (const auto waited = variable.wait(*lock); !waited) return errors.push_back(waited.error());
            }
            return order.push_back(self);
        }
    };
    std::jthread one(run, 1), two(run, 2), three(run, 3);
    Mutex mutex(state, bell.capability(), threads);
    const ConditionVariable variable(condition, bells.capabilities, threads);
    for (uint32_t number = 0; number < 2;) {
        auto lock = mutex.lock();
        if (waiting != 3 || order.size() != number) continue;
        woken = ++number;
        variable.notify_one(*lock);
    }
    for (bool all_woken = false; !all_woken;) {
        const auto lock = mutex.lock();
        all_woken = order.size() == 2;
    }
    {
        auto lock = mutex.lock();
        variable.partner_died(*lock, 2);
    }
    one.join(), two.join(), three.join();
    CHECK(order == (by_priority ? std::vector<uint32_t>{2, 1} : std::vector<uint32_t>{1, 2}));
    CHECK(errors == std::vector{Error(LibraryError::partner_died, 2)});
}

TEST_CASE("condition variable: the bell gone, who waits has the lock again and an error") {
    MutexState state;
    ConditionState condition;
    FakeNotification bell;
    Bells bells;
    const ConditionVariable variable(condition, bells.capabilities, 1);
    std::jthread ending([&] {
        take_a_while();
        bells.notifications[0].destroy();
    });
    Mutex mutex(state, bell.capability(), 1);
    auto lock = mutex.lock();
    REQUIRE(lock);
    const auto waited = variable.wait(*lock);
    REQUIRE_FALSE(waited);
    CHECK((waited.error().is(abi::ErrorCode::cancelled) || waited.error().is(abi::ErrorCode::empty_slot)));
    CHECK(lock->unlock());
}

TEST_CASE("barrier: nobody is a round ahead") {
    BarrierState state;
    const Bells bells;
    std::array<std::atomic<int>, threads> at{};
    std::atomic<int> wrong{0};
    in_threads(threads, [&](uint32_t self) {
        const Barrier barrier(state, bells.capabilities, self);
        for (int round = 1; round <= rounds; ++round) {
            at[self - 1] = round;
            if (!barrier.arrive_and_wait()) ++wrong;
            for (const auto& other : at) wrong += other < round || other > round + 1 ? 1 : 0;
        }
    });
    CHECK(wrong == 0);
    std::jthread closer([&] {
        take_a_while();
        (void)Barrier(state, bells.capabilities, threads).close();
    });
    std::atomic<int> told{0};
    in_threads(threads - 1, [&](uint32_t self) {
        const auto met = Barrier(state, bells.capabilities, self).arrive_and_wait();
        told += !met && met.error().is(LibraryError::closed) ? 1 : 0;
    });
    CHECK(told == threads - 1);
    CHECK(Barrier(state, bells.capabilities, 1).arrive_and_wait().error().is(LibraryError::closed));
}

TEST_CASE("barrier: no signal to who does not sleep, and none waits for the dead") {
    BarrierState alone_state;
    FakeNotification bell;
    const std::array only{bell.capability()};
    const uint64_t before = FakeNotification::calls();
    for (int round = 0; round < rounds; ++round) REQUIRE(Barrier(alone_state, only, 1).arrive_and_wait());
    CHECK(FakeNotification::calls() == before);

    BarrierState state;
    const Bells bells;
    std::jthread killer([&] {
        take_a_while();
        (void)Barrier(state, bells.capabilities, threads).partner_died(threads);
    });
    std::atomic<int> told{0};
    in_threads(threads - 1, [&](uint32_t self) {
        const auto met = Barrier(state, bells.capabilities, self).arrive_and_wait();
        told += !met && met.error() == Error(LibraryError::partner_died, threads) ? 1 : 0;
    });
    CHECK(told == threads - 1);
}

TEST_CASE("barrier: its bell gone, who waits is told") {
    BarrierState state;
    Bells bells;
    std::jthread ending([&] {
        take_a_while();
        bells.notifications[0].destroy();
    });
    const auto met = Barrier(state, bells.capabilities, 1).arrive_and_wait();
    REQUIRE_FALSE(met);
    CHECK((met.error().is(abi::ErrorCode::cancelled) || met.error().is(abi::ErrorCode::empty_slot)));
}

TEST_CASE("once: done once, again only if it failed") {
    OnceState done;
    MutexState state;
    FakeNotification bell;
    int attempts = 0;
    std::atomic<int> failures{0}, successes{0};
    in_threads(threads, [&](uint32_t self) {
        Mutex mutex(state, bell.capability(), self);
        const auto result = call_once(done, mutex, [&]() -> Result<void> {
            if (++attempts == 1) return refused({LibraryError::no_memory});
            return {};
        });
        (result ? successes : failures) += 1;
    });
    CHECK(attempts == 2);
    CHECK(failures == 1);
    CHECK(successes == threads - 1);
}
