// SPDX-License-Identifier: BSD-2-Clause
// Mutexes, semaphores, condition variables and barriers between threads of different priorities; partners that die
// while they hold a lock or wait for one, and notifications that go.

#include <array>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/barrier.hpp>
#include <sel/channel.hpp>
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
        sel::Mutex own(state, bell, 1, {.threads = partners});
        auto lock = own.lock();
        (void)go_on.wait();
        (void)lock->unlock();
        (void)go_on.wait();
    };
    auto want = [&] {
        sel::Mutex own(state, bell, 2, {.threads = partners});
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

/// A thread waits in some way for what never comes. `then` ends that, and it has this error.
template <typename Wait, typename Then>
sel::Result<void> wait_in_vain(Stage& stage, Wait wait, Then then) {
    sel::Result<void> got;
    auto run = [&] { got = wait(); };
    const auto waiter = stage.start({.priority = 101}, run);
    check(!stage.has_ended(waiter), "it waits");
    then();
    check(stage.has_ended(waiter), "and not for ever");
    if (!stage.has_ended(waiter)) stage.destroy(waiter);
    return got;
}

/// The notification that a thread waits at is unmapped: of a mutex, a semaphore, a condition variable, a barrier.
void lose_the_bell(Stage& stage) {
    const auto never = stage.make<sel::Notification>();
    const auto lose = [&](auto wait) {
        const auto bell = stage.make<sel::Notification>();
        const std::array bells{bell, never};
        const auto got =
            wait_in_vain(stage, [&] { return wait(bell, bells); }, [&] { stage.unmap(bell, KeepRoot::self); });
        test::refuses(got, ErrorCode::cancelled, "it is told that the notification is gone");
        test::refuses(wait(bell, bells), ErrorCode::empty_slot, "and who comes later, too");
    };
    using Bells = std::array<sel::Notification, 2>;
    lose([](sel::Notification bell, const Bells&) -> sel::Result<void> {
        static sel::MutexState state;
        static sel::Mutex holder(state, bell, 1);
        static auto held = holder.lock();
        SEL_TRY(lock, sel::Mutex(state, bell, 2).lock());
        return lock.unlock();
    });
    lose([](sel::Notification bell, const Bells&) {
        static sel::SemaphoreState state;
        return sel::Semaphore(state, bell).acquire();
    });
    const auto mutex_bell = stage.make<sel::Notification>();
    lose([&](sel::Notification, const Bells& bells) -> sel::Result<void> {
        static sel::MutexState mutex_state;
        static sel::ConditionState state;
        sel::Mutex mutex(mutex_state, mutex_bell, 1);
        SEL_TRY(lock, mutex.lock());
        const auto waited = sel::ConditionVariable(state, bells, 1).wait(lock);
        check(lock.is_held(), "the lock is held again");
        return waited;
    });
    lose([](sel::Notification, const Bells& bells) {
        sel::BarrierState state;  // of each attempt: after an error a barrier is at its end
        return sel::Barrier(state, bells, 1).arrive_and_wait();
    });
}

/// A partner is destroyed that somebody else waits for, or just when its turn had come.
void lose_a_partner(Stage& stage) {
    const std::array bells{stage.make<sel::Notification>(), stage.make<sel::Notification>()};
    const auto mutex_bell = stage.make<sel::Notification>();
    sel::BarrierState barrier;
    auto got = wait_in_vain(
        stage, [&] { return sel::Barrier(barrier, bells, 1).arrive_and_wait(); },
        [&] { (void)sel::Barrier(barrier, bells, 2).partner_died(2); });
    check(is(got, LibraryError::partner_died), "nobody waits at a barrier for the dead");

    sel::MutexState mutex_state;
    sel::ConditionState condition;
    sel::Mutex own(mutex_state, mutex_bell, 2);
    const auto wait_for_change = [&]() -> sel::Result<void> {
        sel::Mutex mutex(mutex_state, mutex_bell, 1);
        SEL_TRY(lock, mutex.lock());
        return sel::ConditionVariable(condition, bells, 1).wait(lock);
    };
    got = wait_in_vain(stage, wait_for_change, [&] {
        const auto lock = own.lock();
        sel::ConditionVariable(condition, bells, 2).partner_died(*lock, 2);
    });
    check(is(got, LibraryError::partner_died), "nor for what the dead would have changed");

    // The one whose turn it is dies before it runs: the next has the turn.
    sel::SemaphoreState count;
    const sel::Semaphore semaphore(count, mutex_bell);
    auto acquire = [&] { (void)semaphore.acquire(); };
    const auto first = stage.start({.priority = 101}, acquire);
    got = wait_in_vain(
        stage, [&] { return semaphore.acquire(); },
        [&] {
            test::succeeds(first.thread.suspend(), "the first one does not run");
            test::succeeds(semaphore.release(), "when its turn has come");
            stage.destroy(first);
            test::succeeds(semaphore.partner_died(), "it is destroyed");
        });
    check(got.has_value(), "another one takes what it did not");

    // Work that is done once, by one who dies at it.
    static sel::OnceState done;
    const auto never = stage.make<sel::Notification>();
    auto die_working = [&] {
        sel::Mutex mutex(mutex_state, mutex_bell, 1);
        (void)sel::call_once(done, mutex, [&]() -> sel::Result<void> {
            SEL_TRY_VOID(never.wait());
            return {};
        });
    };
    const auto worker = stage.start({.priority = 101}, die_working);
    const auto nothing = [] { return sel::Result<void>{}; };
    got = wait_in_vain(
        stage,
        [&] {
            sel::Mutex mutex(mutex_state, mutex_bell, 3);
            return sel::call_once(done, mutex, nothing);
        },
        [&] {
            stage.destroy(worker);
            (void)own.partner_died(1);
        });
    check(is(got, LibraryError::partner_died), "who waits for work that is not done is told");
    own.recover();
    test::succeeds(sel::call_once(done, own, nothing), "and another one can do it");
}

/// The same where somebody looks after the partners: who destroys one says so once, for all that they wait at.
void lose_a_partner_that_is_looked_after(Stage& stage) {
    constexpr uint32_t mortal = 2;
    const std::array bells{stage.make<sel::Notification>(), stage.make<sel::Notification>(),
                           stage.make<sel::Notification>(), stage.make<sel::Notification>()};
    const auto own = std::span(bells).first(2);
    const auto lose = [&](auto hold, auto wait) {
        sel::LivesState state;
        sel::LivesKeeper keeper(state, bells);
        const sel::Lives lives(state);
        auto live = [&] { hold(lives); };
        const auto partner = stage.start({.priority = 102}, live);
        const auto got = wait_in_vain(
            stage, [&] { return wait(lives); },
            [&] {
                stage.destroy(partner);
                test::succeeds(keeper.died(mortal), "saying so");
            });
        check(got == sel::Result<void>(sel::refused({LibraryError::partner_died, mortal})),
              "nobody waits for the dead");
    };
    const auto never = stage.make<sel::Notification>();
    static sel::MutexState lock;
    static sel::BarrierState barrier;
    sel::SemaphoreState count;
    sel::MutexState condition_lock;
    sel::ConditionState condition;
    lose(
        [&](const sel::Lives& lives) {
            sel::Mutex mutex(lock, bells[2], mortal, {.lives = lives});
            const auto held = mutex.lock();
            (void)never.wait();
        },
        [&](const sel::Lives& lives) -> sel::Result<void> {
            sel::Mutex mutex(lock, bells[2], 1, {.lives = lives});
            SEL_TRY(held, mutex.lock());
            return held.unlock();
        });
    const std::array three{bells[0], bells[1], bells[3]};
    lose([&](const sel::Lives& lives) { (void)sel::Barrier(barrier, three, mortal, lives).arrive_and_wait(); },
         [&](const sel::Lives& lives) { return sel::Barrier(barrier, three, 1, lives).arrive_and_wait(); });
    const auto live_on = [&](const sel::Lives&) { (void)never.wait(); };
    lose(live_on, [&](const sel::Lives& lives) { return sel::Semaphore(count, bells[3], lives).acquire(); });
    lose(live_on, [&](const sel::Lives& lives) -> sel::Result<void> {
        sel::Mutex mutex(condition_lock, bells[2], 1, {.lives = lives});
        SEL_TRY(held, mutex.lock());
        return sel::ConditionVariable(condition, own, 1, lives).wait(held);
    });
    static sel::ChannelMemory<uint64_t, 4> channel;
    lose(live_on, [&](const sel::Lives& lives) -> sel::Result<void> {
        sel::Consumer<uint64_t, 4> consumer(channel, bells[0], bells[1], lives.of(mortal));
        SEL_TRY_VOID(consumer.take_waiting());
        return {};
    });
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

void misuse(Stage& stage) {
    sel::MutexState state;
    const auto bell = stage.make<sel::Notification>();
    sel::Mutex mutex(state, bell, 1), other(state, bell, 2);
    auto lock = mutex.lock();
    check(is(mutex.lock(), LibraryError::held_already), "who holds a lock would wait for itself");
    test::refuses(other.try_lock(), ErrorCode::would_block, "another one holds it");
    test::succeeds(lock->unlock(), "unlocking");
    check(is(lock->unlock(), LibraryError::not_held), "only once");
    sel::ConditionState condition;
    check(is(sel::ConditionVariable(condition, {}, 1).wait(*lock), LibraryError::not_held), "nor waiting without it");

    // Capabilities that do not serve are found when they are needed.
    sel::SemaphoreState count;
    const auto silent = stage.derive(bell, sel::abi::RightsMask(sel::abi::Right::write));
    test::refuses(sel::Semaphore(count, silent).acquire(), ErrorCode::missing_right, "to wait takes R");
    const sel::Notification wrong(stage.make<sel::Reply>().index());
    test::refuses(sel::Semaphore(count, wrong).acquire(), ErrorCode::wrong_type, "at a notification");
    const sel::Semaphore semaphore(count, bell);
    test::succeeds(semaphore.release(sel::Semaphore::limit), "up to the limit");
    check(is(semaphore.release(), LibraryError::count_too_large), "and not beyond");
    test::succeeds(semaphore.close(), "closing");
    check(is(semaphore.acquire(), LibraryError::closed) && is(semaphore.release(), LibraryError::closed), "is the end");
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
            changed.notify_all(*lock);
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
        misuse(stage);
        meet(stage);
    }
    {
        Stage stage;
        lose_the_bell(stage);
        lose_a_partner(stage);
    }
    {
        Stage stage;
        lose_a_partner_that_is_looked_after(stage);
    }
    return test::finish();
}
