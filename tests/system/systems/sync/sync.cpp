// SPDX-License-Identifier: BSD-2-Clause
// Mutexes, semaphores, condition variables and barriers between threads of different priorities; partners that die
// while they hold a lock or wait for one, and notifications that go.

#include <array>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/barrier.hpp>
#include <sel/condition_variable.hpp>
#include <sel/semaphore.hpp>

namespace {

using sel::LibraryError;
using sel::abi::ErrorCode;
using sel::abi::KeepRoot;
using test::check;
using test::Stage;

template <typename T>
bool is(const sel::Result<T>& result, LibraryError code) {
    return !result && result.error().is(code);
}

/// The waiter of the highest priority is the next, whoever came first.
void give_way_by_priority(Stage& stage) {
    sel::MutexState state;
    const auto bell = stage.make<sel::Notification>();
    sel::Mutex mutex(state, bell, 1);
    std::array<uint32_t, 3> order{};
    size_t next = 0;
    const auto lock_and_note = [&](uint32_t self) {
        sel::Mutex own(state, bell, self);
        const auto lock = own.lock();
        if (lock) order[next++] = self;
    };
    auto low = [&] { lock_and_note(2); };
    auto high = [&] { lock_and_note(4); };
    auto middle = [&] { lock_and_note(3); };
    {
        auto held = mutex.lock();
        (void)stage.start({.priority = 102}, low);
        (void)stage.start({.priority = 104}, high);
        (void)stage.start({.priority = 103}, middle);
        check(next == 0, "all three wait");
    }
    check(next == 3 && order == std::array<uint32_t, 3>{4, 3, 2}, "they get it by priority");
}

/// A holder of low priority runs at that of who waits for it, until it unlocks.
void inherit(Stage& stage) {
    static sel::MutexState state;
    static std::array<sel::LockPartner, 2> partners;
    const auto bell = stage.make<sel::Notification>();
    const auto go_on = stage.make<sel::Notification>();
    auto hold = [&] {
        sel::Mutex own(state, bell, 1, partners);
        auto lock = own.lock();
        (void)go_on.wait();
        (void)lock->unlock();
        (void)go_on.wait();
    };
    auto want = [&] {
        sel::Mutex own(state, bell, 2, partners);
        (void)own.lock();
    };
    const auto priority_of = [&](const test::Actor& actor) { return actor.thread.inspect()->priority; };
    const auto low = stage.start({.priority = 101}, hold);
    partners[0] = {low.thread, 101, 110};
    // The stage's own thread lends its authority over priorities.
    partners[1] = {stage.thread(), 105, 110};
    const auto high = stage.start({.priority = 105}, want);
    check(priority_of(low) == 105, "the holder is raised");
    test::succeeds(go_on.signal(), "letting it unlock");
    check(stage.has_ended(high), "who waited had the lock");
    check(priority_of(low) == 101, "and the holder has its own priority again");
    test::succeeds(go_on.signal(), "letting it end");
    stage.wait_for(low);
}

void end_while_holding(Stage& stage) {
    sel::MutexState state;
    const auto bell = stage.make<sel::Notification>();
    const auto never = stage.make<sel::Notification>();
    auto hold = [&] {
        sel::Mutex own(state, bell, 2);
        auto lock = own.lock();
        (void)never.wait();
    };
    sel::Result<void> got[2] = {{}, {}};
    const auto want = [&](uint32_t self) {
        sel::Mutex own(state, bell, self);
        const auto lock = own.lock();
        got[self - 3] = lock ? sel::Result<void>{} : sel::refused(lock.error());
    };
    auto third = [&] { want(3); };
    auto fourth = [&] { want(4); };
    const auto holder = stage.start({.priority = 101}, hold);
    const auto one = stage.start({.priority = 101}, third);
    const auto two = stage.start({.priority = 102}, fourth);
    check(!stage.has_ended(one) && !stage.has_ended(two), "two wait for a lock");
    stage.destroy(holder);
    sel::Mutex mutex(state, bell, 1);
    check(!stage.has_ended(one), "nobody knows yet that its holder is gone");
    test::succeeds(mutex.partner_died(2), "saying so");
    check(stage.has_ended(one) && stage.has_ended(two), "nobody waits for the dead");
    check(is(got[0], LibraryError::partner_died) && is(got[1], LibraryError::partner_died), "they are told");
    check(is(mutex.lock(), LibraryError::partner_died), "and whoever comes later");
    mutex.recover();
    check(mutex.lock().has_value(), "repaired, it serves again");
}

/// The notification of each is unmapped while a thread waits.
void lose_the_bell(Stage& stage) {
    sel::SemaphoreState count;
    const auto bell = stage.make<sel::Notification>();
    const sel::Semaphore semaphore(count, bell);
    sel::Result<void> got;
    auto acquire = [&] { got = semaphore.acquire(); };
    const auto waiter = stage.start({.priority = 101}, acquire);
    check(!stage.has_ended(waiter), "it waits");
    stage.unmap(bell, KeepRoot::self);
    check(stage.has_ended(waiter), "until the notification is gone");
    test::refuses(got, ErrorCode::cancelled, "and is told so");
    test::refuses(semaphore.acquire(), ErrorCode::empty_slot, "who comes later, too");
}

void count(Stage& stage) {
    sel::SemaphoreState state;
    const sel::Semaphore semaphore(state, stage.make<sel::Notification>());
    std::atomic<int> passed{0};
    auto pass = [&] { passed += semaphore.acquire() ? 1 : 0; };
    for (int number = 0; number < 3; ++number) (void)stage.start({.priority = 101}, pass);
    test::succeeds(semaphore.release(2), "releasing two");
    check(passed == 2, "lets two pass, though their signals are one");
    test::succeeds(semaphore.release(), "releasing one more");
    check(passed == 3, "lets the third");
}

void meet(Stage& stage) {
    constexpr int rounds = 1000;
    sel::MutexState mutex_state;
    sel::ConditionState condition_state;
    sel::BarrierState barrier_state;
    const auto mutex_bell = stage.make<sel::Notification>();
    const std::array bells{stage.make<sel::Notification>(), stage.make<sel::Notification>(),
                           stage.make<sel::Notification>()};
    std::array<int, 3> at{};
    int wrong = 0, turn = 0, turns = 0;
    const auto run = [&](uint32_t self) {
        sel::Mutex mutex(mutex_state, mutex_bell, self);
        const sel::ConditionVariable changed(condition_state, bells, self);
        const sel::Barrier barrier(barrier_state, bells, self);
        for (int round = 1; round <= rounds; ++round) {
            at[self - 1] = round;
            if (!barrier.arrive_and_wait()) ++wrong;
            for (const int other : at) wrong += other < round || other > round + 1 ? 1 : 0;
        }
        // Each waits for its turn.
        auto lock = mutex.lock();
        for (int round = 0; round < rounds; ++round) {
            while (turn != static_cast<int>(self) - 1) {
                if (!changed.wait(*lock)) ++wrong;
            }
            turn = (turn + 1) % 3;
            ++turns;
            (void)changed.notify_all(*lock);
        }
    };
    auto one = [&] { run(1); };
    auto two = [&] { run(2); };
    auto three = [&] { run(3); };
    // The one with little time is preempted anywhere.
    const test::Actor actors[] = {stage.start({.priority = 101}, one),
                                  stage.start({.priority = 102, .budget_us = 50, .period_us = 100}, two),
                                  stage.start({.priority = 103, .budget_us = 20, .period_us = 300}, three)};
    for (const auto& actor : actors) stage.wait_for(actor);
    check(wrong == 0, "nobody is a round ahead, nothing is refused");
    check(turns == 3 * rounds, "everybody had all turns");
}

}  // namespace

int main() {
    test::begin();
    {
        Stage stage;
        give_way_by_priority(stage);
        inherit(stage);
        end_while_holding(stage);
        count(stage);
        meet(stage);
        lose_the_bell(stage);
    }
    return test::finish();
}
