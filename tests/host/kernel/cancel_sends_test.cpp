// SPDX-License-Identifier: BSD-2-Clause
// Cancelling the sends of one badge: who is told, whoever comes, goes and begins another meanwhile.
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>

#include "ipc/endpoint.hpp"
#include "ipc/ipc.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

constexpr uint64_t doomed = 5;
constexpr uint64_t spared = 6;

/// Threads that wait to be received: calls and sends of two badges, at a few priorities.
struct Waiting {
    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t doomed_cap = world.derive(endpoint, every_right, doomed);
    uint64_t spared_cap = world.derive(endpoint, every_right, spared);
    std::vector<Actor> senders;

    explicit Waiting(unsigned count) {
        const auto authority = cap<stub::Thread>(BootSlot::thread);
        for (unsigned i = 0; i < count; ++i) {
            senders.push_back(world.spawn());
            as(world, senders.back(), [&] { return i % 3 == 0 ? call(badged(i)) : send(badged(i)); });
            back(world);
            const auto priority = static_cast<uint8_t>(i % 5 * 40);
            REQUIRE(cap<stub::Thread>(senders.back().thread)
                        .set_priority({.priority = priority, .maximum = 255, .authority = authority})
                        .has_value());
        }
    }
    uint64_t badged(unsigned number) const { return is_doomed(number) ? doomed_cap : spared_cap; }
    static bool is_doomed(unsigned number) { return number % 2 == 0; }
    bool is_cancelled(unsigned number) const {
        return state(senders[number]) == ThreadState::ready &&
               error_of(senders[number]) == sel::Error{ErrorCode::cancelled};
    }
    void cancel(uint64_t badge) { REQUIRE(own_table().cancel_sends(endpoint, badge).has_value()); }
    void check() {
        for (unsigned i = 0; i < senders.size(); ++i) {
            CHECK(is_cancelled(i) == is_doomed(i));
            if (!is_doomed(i)) CHECK(state(senders[i]) == (i % 3 == 0 ? ThreadState::calling : ThreadState::sending));
        }
    }
};

}  // namespace

TEST_CASE("exactly the sends, calls and faults with the badge are cancelled") {
    Waiting waiting(31);
    World& world = waiting.world;
    const Actor faulty = world.spawn();
    REQUIRE(cap<stub::Task>(faulty.task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(waiting.doomed_cap))
                .has_value());
    world.run(faulty);
    world.fault(abi::FaultKind::page_fault);
    CHECK(state(faulty) == ThreadState::faulting);
    back(world);
    machine::simulated().preempt_every = GENERATE(0U, 1U, 3U);
    waiting.cancel(doomed);
    machine::simulated().preempt_every = 0;
    waiting.check();
    CHECK(state(faulty) == ThreadState::inactive);
    waiting.cancel(doomed);
    waiting.check();
}

TEST_CASE("whoever comes, leaves or moves while sends are being cancelled takes nothing away from it") {
    Waiting waiting(64);
    World& world = waiting.world;
    unsigned repeats = 0;
    auto& endpoint = world.object<Endpoint>(waiting.endpoint);
    own_core.assert_held();
    endpoint.lock.assert_held();
    const Actor late = world.spawn();
    as(world, late, [&] { return send(waiting.spared_cap); });
    back(world);
    world.before_repeat = [&] {
        // Whoever is looked at next moves to where has been looked already, or goes.
        Thread* next = endpoint.cancel_next;
        if (next == nullptr) return;
        const auto sender = std::ranges::find(waiting.senders, next, &Actor::object);
        if (repeats++ % 2 == 0) {
            ipc::set_priority(world.core(), *next, 200);
        } else if (sender != waiting.senders.end() && next->message_badge == doomed) {
            ipc::cancel(world.core(), *next);
        }
    };
    machine::simulated().preempt_every = 1;
    waiting.cancel(doomed);
    machine::simulated().preempt_every = 0;
    world.before_repeat = nullptr;
    CHECK(repeats > 2);
    waiting.check();
}

TEST_CASE("a fault that loses its time while sends are being cancelled is cancelled with them") {
    bool reached = false;
    // Until the walk pauses just before it.
    for (unsigned others = 0; others < 64 && !reached; ++others) {
        Waiting waiting(others);
        World& world = waiting.world;
        auto& endpoint = world.object<Endpoint>(waiting.endpoint);
        own_core.assert_held();
        endpoint.lock.assert_held();
        const Actor faulty = world.spawn();
        REQUIRE(cap<stub::Task>(faulty.task)
                    .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(waiting.doomed_cap))
                    .has_value());
        world.run(faulty);
        world.fault(abi::FaultKind::page_fault);
        back(world);
        // The last of those with time, it would be the first of those without.
        ipc::set_priority(world.core(), *faulty.object, 100);
        for (const Actor& sender : waiting.senders)
            ipc::set_priority(world.core(), *sender.object, state(sender) == ThreadState::calling ? 200 : 0);
        world.before_repeat = [&] {
            if (endpoint.cancel_next != faulty.object || reached) return;
            reached = true;
            ipc::part(world.core(), world.object<SchedContext>(faulty.context));
        };
        machine::simulated().preempt_every = 1;
        waiting.cancel(doomed);
        machine::simulated().preempt_every = 0;
        CHECK(state(faulty) == ThreadState::inactive);
        waiting.check();
    }
    CHECK(reached);
}

TEST_CASE("who begins another cancels what was begun before first, and nobody waits for the other for ever") {
    Waiting waiting(40);
    World& world = waiting.world;
    unsigned repeats = 0;
    auto& endpoint = world.object<Endpoint>(waiting.endpoint);
    own_core.assert_held();
    endpoint.lock.assert_held();
    world.before_repeat = [&] {
        if (repeats++ != 0) return;
        machine::simulated().preempt_every = 0;
        CHECK(endpoint.cancel_round == 1);
        uint64_t round = 0;
        PreemptionPoint preemption;
        CHECK(ipc::cancel_sends(world.core(), endpoint, spared, round, preemption));
    };
    machine::simulated().preempt_every = 1;
    waiting.cancel(doomed);
    world.before_repeat = nullptr;
    CHECK(repeats == 1);
    CHECK(endpoint.cancel_round == 4);
    for (unsigned i = 0; i < waiting.senders.size(); ++i) CHECK(waiting.is_cancelled(i));
}

}  // namespace selene::test
