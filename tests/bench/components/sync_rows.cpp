// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `library`: synchronisation, when nobody else wants it and when a thread of higher priority waits.

#include <stage.hpp>

#include <sel/barrier.hpp>
#include <sel/condition_variable.hpp>
#include <sel/semaphore.hpp>

#include "library_rows.hpp"
#include "measure.hpp"

namespace bench {

namespace {

/// What both threads share. The partner has a higher priority: it runs until it waits.
struct Shared {
    explicit Shared(test::Stage& stage)
        : go(stage.make<sel::Notification>()),
          mutex_bell(stage.make<sel::Notification>()),
          semaphore_bell(stage.make<sel::Notification>()),
          bells{stage.make<sel::Notification>(), stage.make<sel::Notification>()} {}

    sel::Notification go, mutex_bell, semaphore_bell;
    std::array<sel::Notification, 2> bells;
    sel::MutexState mutex_state;
    sel::SemaphoreState semaphore_state;
    sel::ConditionState condition_state;
    sel::BarrierState barrier_state;
    std::optional<sel::OnceState> once;
    sel::Mutex own{mutex_state, mutex_bell, 1};
    sel::Mutex partners{mutex_state, mutex_bell, 2};
    sel::Semaphore semaphore{semaphore_state, semaphore_bell};
    sel::ConditionVariable condition{condition_state, bells, 1};
    sel::ConditionVariable partners_condition{condition_state, bells, 2};
    sel::Barrier barrier{barrier_state, bells, 1};
    sel::Barrier partners_barrier{barrier_state, bells, 2};
};

/// What the partner does, run by run: waits in the way that is measured, and closes the region as soon as it goes on.
class Partner {
public:
    explicit Partner(Shared& shared) : shared_(shared) {}

    void operator()() const {
        for (uint64_t run = 0; run < usual.all() && shared_.go.wait(); ++run) {
            auto lock = shared_.partners.lock();
            end();
        }
        for (uint64_t run = 0; run < usual.all(); ++run) {
            if (!shared_.semaphore.acquire()) return;
            end();
        }
        for (uint64_t run = 0; run < usual.all(); ++run) {
            auto lock = shared_.partners.lock();
            if (!lock || !shared_.partners_condition.wait(*lock)) return;
            end();
        }
        for (uint64_t run = 0; run < usual.all(); ++run) {
            if (!shared_.partners_barrier.arrive_and_wait()) return;
            end();
        }
        for (uint64_t run = 0; run < usual.all() && shared_.go.wait(); ++run) {
            if (!sel::call_once(*shared_.once, shared_.partners, [] { return sel::Result<void>{}; })) return;
            end();
        }
    }

private:
    Shared& shared_;
};

sel::Result<void> measure_alone(Shared& shared) {
    note<"sync.mutex">("lock and unlock, all instructions");
    SEL_TRY_VOID(measure<"sync.mutex">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY(lock, shared.own.lock());
        return lock.unlock();
    }));
    note<"sync.semaphore">("release and acquire");
    SEL_TRY_VOID(measure<"sync.semaphore">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY_VOID(shared.semaphore.release());
        return shared.semaphore.acquire();
    }));
    SEL_TRY(held, shared.own.lock());
    note<"sync.condition">("notify where nobody waits");
    SEL_TRY_VOID(measure<"sync.condition">([&](uint64_t) -> sel::Result<void> {
        shared.condition.notify_one(held);
        return {};
    }));
    SEL_TRY_VOID(held.unlock());
    sel::BarrierState alone;
    note<"sync.barrier">("arrival of the last, where nobody sleeps");
    const sel::Barrier barrier(alone, std::span(shared.bells).first(1), 1);
    SEL_TRY_VOID(measure<"sync.barrier">([&](uint64_t) { return barrier.arrive_and_wait(); }));
    sel::OnceState done;
    note<"sync.once">("of what has been done");
    return measure<"sync.once">(
        [&](uint64_t) { return sel::call_once(done, shared.own, [] { return sel::Result<void>{}; }); });
}

sel::Result<void> measure_contended(Shared& shared) {
    std::optional<sel::Mutex::Lock> held;
    const auto have_it_wanted = [&](uint64_t) -> sel::Result<void> {
        held.reset();
        SEL_TRY(lock, shared.own.lock());
        held.emplace(std::move(lock));
        return shared.go.signal();
    };
    note<"sync.mutex.contended">("from unlock until the thread that waited has the lock");
    SEL_TRY_VOID(measure<"sync.mutex.contended">(have_it_wanted, [&](uint64_t) { return held->unlock(); }));
    note<"sync.semaphore.contended">("from release until the thread that waited goes on");
    SEL_TRY_VOID(measure<"sync.semaphore.contended">([&](uint64_t) { return shared.semaphore.release(); }));
    note<"sync.condition.contended">("notify and unlock, until the thread that waited has the lock");
    SEL_TRY_VOID(measure<"sync.condition.contended">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY(lock, shared.own.lock());
        shared.condition.notify_one(lock);
        return lock.unlock();
    }));
    note<"sync.barrier.contended">("from the arrival of the last until the thread that waited goes on");
    SEL_TRY_VOID(measure<"sync.barrier.contended">([&](uint64_t) { return shared.barrier.arrive_and_wait(); }));
    note<"sync.once.contended">("from the call at whose work another thread comes, until that goes on");
    return measure<"sync.once.contended">(
        [&](uint64_t) -> sel::Result<void> {
            shared.once.emplace();
            return {};
        },
        [&](uint64_t) { return sel::call_once(*shared.once, shared.own, [&] { return shared.go.signal(); }); });
}

}  // namespace

sel::Result<void> measure_synchronisation(test::Stage& stage) {
    static Shared shared(stage);
    SEL_TRY_VOID(measure_alone(shared));
    static Partner partner(shared);
    constexpr uint64_t long_us = 1'000'000;  // no timer interrupt falls into a measurement
    // Both threads are the stage's, in one task: the kernel switches slowly between two tasks that share a space. This
    // thread only waits, so that nothing is printed by two.
    static sel::Result<void> result;
    static auto measuring = [] { result = measure_contended(shared); };
    const test::Role role{.priority = 101, .budget_us = long_us, .period_us = long_us, .buffer = false};
    const auto actor = stage.start(role, partner);
    stage.wait_for(
        stage.start({.priority = 100, .budget_us = long_us, .period_us = long_us, .buffer = false}, measuring));
    stage.wait_for(actor);
    return result;
}

}  // namespace bench
