// SPDX-License-Identifier: BSD-2-Clause
// Deaths that a keeper tells of: everybody who waits for the dead gets an error, whether it began before or after; what
// the dead has done before stays.

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <sel/barrier.hpp>
#include <sel/channel_set.hpp>
#include <sel/condition_variable.hpp>
#include <sel/semaphore.hpp>
#include <sel/shared_channel.hpp>

#include "fake_notifications.hpp"

using namespace sel;

namespace {

/// Partners 1 to `waiting` wait for the one after them.
constexpr uint32_t waiting = 3;
constexpr uint32_t dead = waiting + 1;
const Error death(LibraryError::partner_died, dead);

/// What a group has: a bell for a lock, one of each partner's own, and lives.
struct Group {
    Group() {
        for (size_t number = 0; number < own.size(); ++number) bells[number] = own[number].capability();
        bells.back() = shared.capability();
    }
    [[nodiscard]] std::span<const Notification> partners_bells() const { return std::span(bells).first(dead); }

    FakeNotification shared;
    std::array<FakeNotification, dead> own;
    std::array<Notification, dead + 1> bells;
    LivesState state;
    Lives lives{state};
    LivesKeeper keeper{state, bells};
};

/// The errors of those who wait: the death is told when they have begun, or before.
template <typename Wait>
std::vector<Error> wait_for_dead(Group& group, bool is_late, Wait wait) {
    std::vector<Error> errors(waiting, Error(abi::ErrorCode::would_block));
    if (is_late) CHECK(group.keeper.died(dead));
    std::vector<std::jthread> running;
    for (uint32_t self = 1; self <= waiting; ++self) {
        running.emplace_back([&, self] {
            if (const Result<void> waited = wait(self); !waited) errors[self - 1] = waited.error();
        });
    }
    if (!is_late) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        CHECK(group.keeper.died(dead));
    }
    running.clear();
    return errors;
}

const std::vector<Error> all_told(waiting, death);

}  // namespace

TEST_CASE("lives: of whom one asks, and numbers that nobody has") {
    Group group;
    alignas(LivesState) std::array<std::byte, 64> memory{};
    CHECK(LivesState::at(memory).value() == static_cast<void*>(memory.data()));
    CHECK(LivesState::at(std::span(memory).subspan(4)).error().is(LibraryError::outside_region));
    CHECK(LivesState::at(std::span(memory).first(4)).error().is(LibraryError::outside_region));
    CHECK(Lives().check());
    CHECK(group.lives.check());
    CHECK(group.keeper.died(0).error() == Error(abi::ErrorCode::argument_out_of_range, 1, 64));
    CHECK(group.keeper.died(65).error() == Error(abi::ErrorCode::argument_out_of_range, 1, 64));
    CHECK(group.keeper.forget(65).error() == Error(abi::ErrorCode::argument_out_of_range, 1, 64));
    CHECK(group.keeper.died(64));
    CHECK(group.keeper.died(dead));
    CHECK(group.lives.check().error() == death);
    CHECK(group.lives.dead() == (uint64_t{1} << 63 | uint64_t{1} << (dead - 1)));
    CHECK(group.lives.of(1).check());
    CHECK(group.lives.of(64).check().error() == Error(LibraryError::partner_died, 64));
    CHECK(group.lives.is_dead(dead));
    for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{65}, ~uint64_t{0}})
        CHECK_FALSE(group.lives.is_dead(number));
    CHECK(group.keeper.forget(dead));
    CHECK_FALSE(group.lives.is_dead(dead));
    // A bell that is gone keeps nobody else from being told.
    group.own[0].destroy();
    CHECK(group.keeper.died(dead).error().is(abi::ErrorCode::empty_slot));
    CHECK(group.own[1].capability().poll() == 1);
}

TEST_CASE("lives: a lock whose holder has died") {
    const bool is_late = GENERATE(false, true);
    Group group;
    MutexState state;
    Mutex holder(state, group.shared.capability(), dead, {.lives = group.lives});
    auto held = holder.lock();
    REQUIRE(held);
    const auto errors = wait_for_dead(group, is_late, [&](uint32_t self) -> Result<void> {
        Mutex mutex(state, group.shared.capability(), self, {.lives = group.lives});
        SEL_TRY(lock, mutex.lock());
        return {};
    });
    CHECK(errors == all_told);
    Mutex mutex(state, group.shared.capability(), 1, {.lives = group.lives});
    CHECK(mutex.try_lock().error() == death);
    mutex.recover();
    CHECK(mutex.lock());
    // It is dead all the same, but holds nothing.
    CHECK(mutex.lock());
}

TEST_CASE("lives: who is told of a death passes it on, though nobody is counted who waits") {
    Group group;
    MutexState state;
    Mutex holder(state, group.shared.capability(), dead, {.lives = group.lives});
    auto held = holder.lock();
    REQUIRE(held);
    std::jthread first([&] {
        Mutex mutex(state, group.shared.capability(), 1, {.lives = group.lives});
        CHECK(mutex.lock().error() == death);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(group.keeper.died(dead));
    first.join();
    // Whoever has looked at the lives before and counts himself now waits for this signal.
    CHECK(group.shared.capability().poll() == 1);
}

TEST_CASE("lives: a semaphore that nobody will release, and what it still has") {
    const bool is_late = GENERATE(false, true);
    Group group;
    SemaphoreState state;
    const Semaphore semaphore(state, group.shared.capability(), group.lives);
    CHECK(wait_for_dead(group, is_late, [&](uint32_t) { return semaphore.acquire(); }) == all_told);
    CHECK(semaphore.release());
    CHECK(semaphore.acquire());
    CHECK(semaphore.acquire().error() == death);
    CHECK(group.keeper.forget(dead));
    std::jthread other([&] { (void)semaphore.release(); });
    CHECK(semaphore.acquire());
}

TEST_CASE("lives: a change that the dead would have made, and a turn that it had") {
    const bool is_late = GENERATE(false, true);
    Group group;
    MutexState state;
    ConditionState condition;
    const auto errors = wait_for_dead(group, is_late, [&](uint32_t self) -> Result<void> {
        Mutex mutex(state, group.shared.capability(), self, {.lives = group.lives});
        const ConditionVariable changed(condition, group.partners_bells(), self, group.lives);
        SEL_TRY(lock, mutex.lock());
        const auto waited = changed.wait(lock);
        if (!lock.is_held()) return refused({LibraryError::not_held});
        return waited;
    });
    CHECK(errors == all_told);
}

TEST_CASE("lives: who notifies passes the dead by") {
    Group group;
    MutexState state;
    ConditionState condition;
    std::atomic<bool> waits{false};
    {
        // One that waits and dies: its notification never comes.
        std::jthread gone([&] {
            Mutex mutex(state, group.shared.capability(), dead);
            auto lock = mutex.lock();
            waits = true;
            (void)ConditionVariable(condition, group.partners_bells(), dead).wait(*lock);
        });
        while (!waits) std::this_thread::yield();
        Mutex mutex(state, group.shared.capability(), 1);
        auto lock = mutex.lock();
        CHECK(group.keeper.died(dead));
        const ConditionVariable changed(condition, group.partners_bells(), 1, group.lives);
        const FakeNotification& bell = group.own[dead - 1];
        const uint64_t before = bell.signals();
        changed.notify_one(*lock);
        CHECK(lock->unlock());
        CHECK(bell.signals() == before);
        // Nor does who comes in its place have its turn, once somebody has been told of the death.
        auto again = mutex.lock();
        CHECK(changed.wait(*again).error() == death);
        CHECK(group.keeper.forget(dead));
        std::atomic<bool> is_woken{false};
        std::jthread other([&] {
            Mutex own(state, group.shared.capability(), 2);
            auto held = own.lock();
            waits = false;
            is_woken = ConditionVariable(condition, group.partners_bells(), 2, group.lives).wait(*held).has_value();
        });
        CHECK(again->unlock());
        while (waits) std::this_thread::yield();
        auto last = mutex.lock();
        changed.notify_one(*last);
        CHECK(last->unlock());
        for (int turn = 0; turn < 1000 && !is_woken; ++turn) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        CHECK(is_woken);
        CHECK(bell.signals() == before);
        if (!is_woken) group.own[1].destroy();
        group.own[dead - 1].destroy();
    }
}

TEST_CASE("lives: a barrier at which the dead will not arrive") {
    const bool is_late = GENERATE(false, true);
    Group group;
    BarrierState state;
    const auto errors = wait_for_dead(group, is_late, [&](uint32_t self) {
        return Barrier(state, group.partners_bells(), self, group.lives).arrive_and_wait();
    });
    CHECK(errors == all_told);
    CHECK(group.keeper.forget(dead));
    CHECK(Barrier(state, group.partners_bells(), 1, group.lives).arrive_and_wait().error() == death);
}

TEST_CASE("lives: channels, what the dead has put in comes first") {
    const bool is_late = GENERATE(false, true);
    Group group;
    ChannelMemory<uint64_t, 4> memory;
    Producer<uint64_t, 4> producer(memory, group.bells[dead - 1], group.bells[0], group.lives.of(1));
    CHECK(producer.put(7));
    CHECK(producer.flush());
    const auto told = wait_for_dead(group, is_late, [&](uint32_t self) -> Result<void> {
        if (self != 1) return refused(death);
        Consumer<uint64_t, 4> consumer(memory, group.bells[0], group.bells[dead - 1], group.lives.of(dead));
        SEL_TRY(first, consumer.take_waiting());
        if (first != 7) return {};
        SEL_TRY_VOID(consumer.take_waiting());
        return {};
    });
    CHECK(told == all_told);
    // The other way round: no room will be made; and another one's death is not this one's.
    for (uint64_t number = 0; number < 4; ++number) CHECK(producer.put_waiting(number));
    CHECK(group.keeper.died(1));
    CHECK(producer.put_waiting(9).error() == Error(LibraryError::partner_died, 1));
}

TEST_CASE("lives: a queue of several producers") {
    const bool is_late = GENERATE(false, true);
    Group group;
    SharedChannelMemory<uint64_t, 4> memory;
    const auto all = Lives(group.state, 1u << 1 | 1u << (dead - 1));
    SharedProducer<uint64_t, 4> producer(memory, group.shared.capability(), group.bells[0], group.lives.of(1));
    CHECK(producer.put(7));
    const auto told = wait_for_dead(group, is_late, [&](uint32_t self) -> Result<void> {
        if (self != 1) return refused(death);
        SharedConsumer<uint64_t, 4> consumer(memory, group.bells[0], group.shared.capability(), all);
        SEL_TRY(first, consumer.take_waiting());
        if (first != 7) return {};
        SEL_TRY_VOID(consumer.take_waiting());
        return {};
    });
    CHECK(told == all_told);
    for (uint64_t number = 0; number < 4; ++number) CHECK(producer.put_waiting(number));
    std::vector<Error> errors(waiting, Error(abi::ErrorCode::would_block));
    {
        std::vector<std::jthread> running;
        for (uint32_t self = 0; self < waiting; ++self) {
            running.emplace_back([&, self] {
                SharedProducer<uint64_t, 4> own(memory, group.shared.capability(), group.bells[0], group.lives.of(1));
                if (const auto put = own.put_waiting(1); !put) errors[self] = put.error();
            });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        CHECK(group.keeper.died(1));
    }
    CHECK(errors == std::vector(waiting, Error(LibraryError::partner_died, 1)));
}

TEST_CASE("condition variable: a partner whose notification is gone keeps nobody else from being woken") {
    for (const bool is_for_all : {true, false}) {
        Group group;
        MutexState state;
        ConditionState condition;
        FakeNotification grave;  // where the dead still waits, unheard by the others
        std::array<Notification, dead> of_dead = {grave.capability(), group.bells[1], group.bells[2], group.bells[3]};
        std::atomic<uint32_t> waiting_now{0};
        std::atomic<uint32_t> woken{0};
        const auto wait = [&](uint32_t self, std::span<const Notification> bells) {
            Mutex mutex(state, group.shared.capability(), self);
            auto lock = mutex.lock();
            ++waiting_now;
            if (ConditionVariable(condition, bells, self).wait(*lock)) ++woken;
        };
        std::jthread gone([&] { wait(1, of_dead); });
        while (waiting_now != 1) std::this_thread::yield();
        std::jthread two([&] { wait(2, group.partners_bells()); }), three([&] { wait(3, group.partners_bells()); });
        while (waiting_now != 3) std::this_thread::yield();
        group.own[0].destroy();
        Mutex mutex(state, group.shared.capability(), dead);
        const ConditionVariable changed(condition, group.partners_bells(), dead);
        auto lock = mutex.lock();
        REQUIRE(lock);
        is_for_all ? changed.notify_all(*lock) : changed.notify_one(*lock);
        CHECK(lock->unlock().error().is(abi::ErrorCode::empty_slot));
        two.join(), three.join();
        CHECK(woken == 2);
        grave.destroy();
    }
}

TEST_CASE("condition variable: who comes back without the lock waits no more") {
    Group group;
    MutexState state;
    ConditionState condition;
    Mutex first(state, group.shared.capability(), 1), second(state, group.shared.capability(), 2);
    auto lock = first.lock();
    REQUIRE(second.close());
    const ConditionVariable of_first(condition, group.partners_bells(), 1);
    CHECK(of_first.wait(*lock).error().is(LibraryError::closed));
    second.recover();
    std::jthread other([&] {
        auto own = second.lock();
        (void)ConditionVariable(condition, group.partners_bells(), 2).wait(*own);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    auto again = first.lock();
    of_first.notify_one(*again);
    CHECK(again->unlock());
}
