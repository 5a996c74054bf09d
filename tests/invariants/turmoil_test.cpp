// SPDX-License-Identifier: BSD-2-Clause
// Threads that call, send, receive, signal, fault, stop, lend, give and take time at random, and end: no invariant
// breaks.
#include <catch2/catch_get_random_seed.hpp>

#include <cstdlib>
#include <random>

#include "talk.hpp"

namespace selene::test {

namespace {

constexpr unsigned sequences = 6;
constexpr unsigned steps_each = 3000;
constexpr unsigned spawned_at_most = 120;
constexpr uint8_t lowest = 250;

/// `SELENE_TEST_ROUNDS=n` runs n times as many sequences.
unsigned rounds() {
    const char* rounds = std::getenv("SELENE_TEST_ROUNDS");
    return rounds != nullptr ? static_cast<unsigned>(std::strtoul(rounds, nullptr, 10)) : 1;
}

/// Some threads that share some objects. The first thread never waits: it makes and ends, stops and starts.
class Turmoil {
public:
    explicit Turmoil(uint64_t seed) : random_(seed) {
        for (uint64_t& endpoint : endpoints_) endpoint = world_.make(ObjectType::endpoint);
        for (uint64_t& reply : replies_) reply = world_.make(ObjectType::reply);
        for (uint64_t& notification : notifications_) notification = world_.make(ObjectType::notification);
        const auto own = cap<stub::Thread>(BootSlot::thread);
        REQUIRE(own.set_priority({.priority = lowest, .maximum = 255, .authority = own}).has_value());
        for (Actor& actor : actors_) actor = spawn();
        // Long operations are preempted, and some are then not gone on with: their thread does something else when its
        // turn comes again.
        world_.before_repeat = [this] {
            if (below(3) == 0) world_.pass(machine::simulated().deadline - machine::simulated().now);
        };
    }

    void step() {
        if (below(6) == 0) return world_.pass(below(40'000));
        REQUIRE(world_.running() != nullptr);
        if (world_.running() != &world_.first()) return talk_at_random();
        rule();
        // Others may have gone first.
        if (world_.running() == &world_.first()) talk(SystemCall::yield, 0);
    }
    [[nodiscard]] unsigned exchanged() const { return exchanged_; }

private:
    uint64_t below(uint64_t end) { return random_() % end; }
    template <class Array>
    auto& one_of(Array& array) {
        return array[below(std::size(array))];
    }

    Actor spawn() {
        ++spawned_;
        machine::simulated().preempt_every = 0;
        const Actor actor = world_.spawn(
            {.passive = below(6) == 0, .priority = static_cast<uint8_t>(lowest + below(3)), .started = false});
        if (below(2) == 0)
            (void)cap<stub::Task>(actor.task)
                .install(abi::TaskSlot::fault_endpoint, cap<stub::Endpoint>(one_of(endpoints_)));
        machine::simulated().preempt_every = 1;
        world_.start(actor);
        return actor;
    }
    void replace(Actor& actor) {
        if (spawned_ == spawned_at_most) return;
        uint64_t ends[] = {actor.thread, actor.task, actor.space, actor.context};
        for (uint64_t i = 4; i-- > 0;) std::swap(ends[i], ends[below(i + 1)]);
        for (const uint64_t slot : ends) {
            if (slot != 0) (void)own_table().unmap({.first = slot, .count = 1, .root = abi::KeepRoot::self});
        }
        actor = spawn();
    }
    void renew(uint64_t slot, ObjectType type) {
        (void)own_table().unmap({.first = slot, .count = 1, .root = abi::KeepRoot::self});
        (void)world_.memory().retype({.type = type, .size = 0, .count = 1, .table = own_table(), .first = slot});
    }

    /// What the first thread does to the others.
    void rule() {
        Actor& actor = one_of(actors_);
        const auto thread = cap<stub::Thread>(actor.thread);
        const auto context = cap<stub::SchedContext>(actor.context);
        const auto authority = cap<stub::Thread>(BootSlot::thread);
        switch (below(24)) {
        case 0:
            if (below(2) == 0) (void)thread.suspend();
            break;
        case 1:
        case 2: (void)thread.resume(); break;
        case 3:
            (void)thread.set_priority(
                {.priority = static_cast<uint8_t>(lowest + below(3)), .maximum = 255, .authority = authority});
            break;
        case 4:
            if (actor.context != 0 && below(3) == 0) (void)context.unbind();
            break;
        case 5:
        case 6:
            if (actor.context != 0) (void)context.bind(thread);
            break;
        case 7: configure(actor); break;
        case 8:
            if (below(8) == 0 || state(actor) == ThreadState::inactive) replace(actor);
            break;
        case 9:
            if (below(4) == 0) renew(one_of(replies_), ObjectType::reply);
            break;
        case 10:
            if (below(8) == 0) renew(one_of(endpoints_), ObjectType::endpoint);
            break;
        case 11:
            if (below(8) == 0) renew(one_of(notifications_), ObjectType::notification);
            break;
        case 12: (void)cap<stub::Notification>(one_of(notifications_)).bind(thread); break;
        case 13: (void)cap<stub::Notification>(one_of(notifications_)).unbind(); break;
        case 14: signal(one_of(notifications_)); break;
        default: serve(); break;
        }
    }
    /// So that nobody waits for ever.
    void serve() {
        switch (below(5)) {
        case 0: try_send(one_of(endpoints_)); break;
        case 1: try_receive(one_of(endpoints_), one_of(replies_)); break;
        case 2:
        case 3: send(one_of(replies_), {.label = static_cast<uint32_t>(below(6) == 0)}); break;
        default: signal(one_of(notifications_)); break;
        }
    }
    void configure(const Actor& actor) {
        if (actor.context == 0) return;
        const uint64_t period = 2000 + below(100'000);
        const uint64_t budget = below(3) == 0 ? period : 200 + below(period - 200);
        (void)cap<stub::ScheduleControl>(BootSlot::schedule_control)
            .configure({.context = cap<stub::SchedContext>(actor.context),
                        .budget = budget,
                        .period = period,
                        .refills = below(2) * 2});
    }

    /// What any other thread does.
    void talk_at_random() {
        const uint64_t endpoint = one_of(endpoints_);
        const uint64_t reply = below(5) == 0 ? no_reply : one_of(replies_);
        const Message message{.words = {below(100)}, .length = static_cast<unsigned>(below(20))};
        const Registers out = [&] {
            switch (below(14)) {
            case 0:
            case 1:
            case 2: return call(endpoint, message);
            case 3: return send(endpoint, message);
            case 4: return try_send(endpoint, message);
            case 5: return receive(endpoint, reply);
            case 6: return try_receive(endpoint, reply);
            case 7:
            case 8:
            case 9: return reply_receive(endpoint, reply, message);
            case 10: return send(one_of(replies_), message);
            case 11: return signal(one_of(notifications_));
            case 12: return below(4) == 0 ? wait(one_of(notifications_)) : poll(one_of(notifications_));
            default: break;
            }
            if (below(4) == 0) world_.fault(abi::FaultKind::page_fault, below(1 << 20), 1);
            return Registers{};
        }();
        if (!out.tag.error()) ++exchanged_;
    }

    std::mt19937_64 random_;
    World world_;
    uint64_t endpoints_[2]{};
    uint64_t replies_[4]{};
    uint64_t notifications_[2]{};
    Actor actors_[6]{};
    unsigned spawned_ = 0;
    unsigned exchanged_ = 0;
};

}  // namespace

TEST_CASE("no invariant breaks whatever threads do to each other") {
    unsigned exchanged = 0;
    for (unsigned i = 0; i < sequences * rounds(); ++i) {
        const uint64_t seed = Catch::getSeed() * 1'000'003ull + i;
        INFO("sequence " << i << " of seed " << Catch::getSeed());
        Turmoil turmoil(seed);
        for (unsigned step = 0; step < steps_each; ++step) {
            INFO("step " << step);
            turmoil.step();
        }
        exchanged += turmoil.exchanged();
    }
    WARN(exchanged << " system calls obeyed or waiting");
    CHECK(exchanged > sequences * steps_each / 20);
}

}  // namespace selene::test
