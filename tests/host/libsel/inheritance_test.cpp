// SPDX-License-Identifier: BSD-2-Clause
// Priority inheritance of mutexes: whoever holds one is raised for as long as it holds it, and no longer, whatever comes
// between.

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include <sel/mutex.hpp>

#include "fake_notifications.hpp"

using namespace sel;

namespace {

Thread thread_at(uint64_t index) { return Thread(CapIndex(index)); }

/// Three partners with priorities of their own: 10, 50 and 80.
struct Trio {
    Trio() {
        for (const LockPartner& partner : partners)
            (void)partner.thread.set_priority({.priority = partner.priority, .maximum = 100, .authority = {}});
    }

    Mutex handle(uint32_t self) { return {state, bell.capability(), self, {.threads = partners}}; }

    [[nodiscard]] uint64_t priority(uint32_t partner) const { return FakePriorities::of(partners[partner - 1].thread); }

    /// Runs a partner that wants the lock, and waits until the first one's priority is `until`.
    std::jthread want(uint32_t self, uint64_t until) {
        std::jthread running([this, self] {
            Mutex own = handle(self);
            if (const auto lock = own.lock()) return;
        });
        while (priority(1) != until) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // now it waits
        return running;
    }

    static inline uint64_t next_thread = 1000;
    uint64_t first = next_thread += 10;
    std::array<LockPartner, 3> partners{LockPartner{thread_at(first), 10, 100},
                                        LockPartner{thread_at(first + 1), 50, 100},
                                        LockPartner{thread_at(first + 2), 80, 100}};
    MutexState state;
    FakeNotification bell;
};

}  // namespace

TEST_CASE("inheritance: the highest who waits counts, until the holder unlocks") {
    Trio trio;
    Mutex low = trio.handle(1);
    auto held = low.lock();
    REQUIRE(held);
    auto middle = trio.want(2, 50);
    auto high = trio.want(3, 80);
    CHECK(held->unlock());
    middle.join(), high.join();
    CHECK(trio.priority(1) == 10);
    CHECK(trio.priority(2) == 50);
    CHECK(trio.priority(3) == 80);
    CHECK(low.lock());
}

TEST_CASE("inheritance: a lock that is closed under its holder, or whose holder is said to be dead, raises nobody") {
    for (const bool is_closed : {true, false}) {
        Trio trio;
        Mutex low = trio.handle(1);
        auto held = low.lock();
        REQUIRE(held);
        auto high = trio.want(3, 80);
        Mutex other = trio.handle(2);
        CHECK((is_closed ? other.close() : other.partner_died(1)));
        high.join();
        CHECK(held->unlock().error().is(LibraryError::not_held));
        CHECK(trio.priority(1) == 10);
        other.recover();
        auto again = low.lock();
        REQUIRE(again);
        auto middle = trio.want(2, 50);
        CHECK(again->unlock());
        CHECK(trio.priority(1) == 10);
    }
}

TEST_CASE("inheritance: of a waiter that gives up the holder is rid at its unlocking") {
    Trio trio;
    Mutex low = trio.handle(1);
    auto held = low.lock();
    REQUIRE(held);
    auto high = trio.want(3, 80);
    trio.bell.destroy();
    high.join();
    CHECK(held->unlock());
    CHECK(trio.priority(1) == 10);
}

TEST_CASE("inheritance: a holder that unlocks while it is being raised") {
    Trio trio;
    Mutex low = trio.handle(1);
    std::optional<Mutex::Lock> held;
    const auto take = [&] {
        auto lock = low.lock();
        REQUIRE(lock);
        held.emplace(std::move(*lock));
    };
    for (const bool takes_it_again : {false, true}) {
        take();
        std::atomic<bool> is_done{false};
        FakePriorities::before_next([&] {
            (void)held->unlock();
            if (takes_it_again) {
                held.reset();
                take();
            }
            is_done = true;
        });
        std::jthread high([&] {
            Mutex own = trio.handle(3);
            const auto lock = own.lock();
        });
        while (!is_done) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        // Its waiter either has the lock, or has raised it anew, or sleeps until it is unlocked.
        held.reset();
        high.join();
        CHECK(trio.priority(1) == 10);
        CHECK(trio.priority(3) == 80);
    }
}
