// SPDX-License-Identifier: BSD-2-Clause
// The four queues of an endpoint: whom each arrival meets, in every combination of who waits already.
#include "ipc/endpoint.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

/// Which queues are occupied, by one thread each.
struct Waiting {
    bool passive = false;
    bool donor = false;
    bool active = false;
    bool sender = false;
};

/// All that can be: donors and receivers do not wait at once, nor senders and active receivers.
constexpr Waiting combinations[] = {{},
                                    {.passive = true},
                                    {.active = true},
                                    {.passive = true, .active = true},
                                    {.donor = true},
                                    {.sender = true},
                                    {.donor = true, .sender = true},
                                    {.passive = true, .sender = true}};

/// An endpoint with these waiting, and one who comes.
struct Meeting {
    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    Actor passive = world.spawn();
    Actor donor = world.spawn();
    Actor active = world.spawn();
    Actor sender = world.spawn();
    Actor comer = world.spawn();
    uint64_t replies = world.take_slots(3);

    explicit Meeting(const Waiting& waiting) {
        REQUIRE(world.memory().retype(
                    {.type = ObjectType::reply, .size = 0, .count = 3, .table = own_table(), .first = replies}) == 3);
        if (waiting.passive) make_passive(passive, [&] { return receive(endpoint, replies); });
        if (waiting.active) as(world, active, [&] { return receive(endpoint, replies + 1); });
        if (waiting.donor) as(world, donor, [&] { return call(endpoint, {.words = {1}, .length = 1}); });
        if (waiting.sender) as(world, sender, [&] { return send(endpoint, {.words = {2}, .length = 1}); });
        world.run(comer);
        CHECK(state(passive) == (waiting.passive ? ThreadState::receiving_passive : ThreadState::ready));
        CHECK(state(active) == (waiting.active ? ThreadState::receiving_active : ThreadState::ready));
        CHECK(state(donor) == (waiting.donor ? ThreadState::calling : ThreadState::ready));
        CHECK(state(sender) == (waiting.sender ? ThreadState::sending : ThreadState::ready));
    }

    /// The thread does this, and has its time taken away while it waits.
    template <class Action>
    void make_passive(const Actor& actor, const Action& action) {
        as(world, actor, action);
        back(world);
        REQUIRE(cap<stub::SchedContext>(actor.context).unbind().has_value());
    }
    Endpoint& object() { return world.object<Endpoint>(endpoint); }
};

bool is_taken(const Actor& client) {
    return state(client) == ThreadState::called_keeping || state(client) == ThreadState::called_donating;
}

}  // namespace

TEST_CASE("a call meets a passive receiver first, then an active one, or waits") {
    for (const Waiting& waiting : combinations) {
        Meeting meeting(waiting);
        as(meeting.world, meeting.comer, [&] { return call(meeting.endpoint); });
        const bool served = waiting.passive || waiting.active;
        CHECK(is_taken(meeting.comer) == served);
        CHECK((state(meeting.comer) == ThreadState::calling) == !served);
        // The lent time goes to the passive one; whoever has time of its own uses that.
        CHECK((state(meeting.comer) == ThreadState::called_donating) == waiting.passive);
        CHECK(meeting.object().passive_receivers.empty());
        CHECK(meeting.object().active_receivers.empty() == !(waiting.passive && waiting.active));
    }
}

TEST_CASE("a plain send meets active receivers only, and else waits or would block") {
    for (const Waiting& waiting : combinations) {
        Meeting meeting(waiting);
        meeting.world.run(meeting.comer);
        if (!waiting.active) {
            check_refused(meeting.world, {ErrorCode::would_block}, [&] { return try_send(meeting.endpoint); });
        }
        send(meeting.endpoint);
        CHECK((state(meeting.comer) == ThreadState::sending) == !waiting.active);
        CHECK(meeting.object().active_receivers.empty());
        CHECK(meeting.object().passive_receivers.empty() == !waiting.passive);
    }
}

TEST_CASE("a receiver with its own time and a Reply takes donors and senders") {
    for (const Waiting& waiting : combinations) {
        Meeting meeting(waiting);
        as(meeting.world, meeting.comer, [&] { return receive(meeting.endpoint, meeting.replies + 2); });
        CHECK(is_taken(meeting.donor) == waiting.donor);
        // Among equals the donor comes first.
        if (waiting.sender && !waiting.donor) CHECK(result(meeting.comer).words[0] == 2);
        if (waiting.donor) CHECK(result(meeting.comer).words[0] == 1);
        CHECK((state(meeting.comer) == ThreadState::receiving_active) == !(waiting.donor || waiting.sender));
    }
}

TEST_CASE("a receiver with its own time and no Reply takes senders only") {
    for (const Waiting& waiting : combinations) {
        Meeting meeting(waiting);
        as(meeting.world, meeting.comer, [&] { return receive(meeting.endpoint); });
        CHECK(!is_taken(meeting.donor));
        if (waiting.sender) CHECK(result(meeting.comer).words[0] == 2);
        CHECK((state(meeting.comer) == ThreadState::receiving_plain) == !waiting.sender);
    }
}

TEST_CASE("a receiver without time takes donors only: no send strands it") {
    for (const Waiting& waiting : combinations) {
        Meeting meeting(waiting);
        World& world = meeting.world;
        // It has served a client elsewhere on that one's time, and comes to this endpoint with its answer.
        const uint64_t elsewhere = world.make(ObjectType::endpoint);
        meeting.make_passive(meeting.comer, [&] { return receive(elsewhere, meeting.replies + 2); });
        const Actor client = world.spawn();
        as(world, client, [&] { return call(elsewhere); });
        as(world, meeting.comer, [&] { return reply_receive(meeting.endpoint, meeting.replies + 2); });
        CHECK(state(client) == ThreadState::ready);
        CHECK(is_taken(meeting.donor) == waiting.donor);
        if (waiting.donor) CHECK(meeting.comer.object->context == &world.object<SchedContext>(meeting.donor.context));
        CHECK((state(meeting.comer) == ThreadState::receiving_passive) == !waiting.donor);
        CHECK(meeting.object().senders.empty() == !waiting.sender);
    }
}

TEST_CASE("a plain receive is refused to who has no time of its own") {
    Meeting meeting({});
    const uint64_t elsewhere = meeting.world.make(ObjectType::endpoint);
    meeting.make_passive(meeting.comer, [&] { return receive(elsewhere, meeting.replies); });
    as(meeting.world, meeting.donor, [&] { return call(elsewhere); });
    meeting.world.run(meeting.comer);
    check_refused(meeting.world, {ErrorCode::no_reply, 2}, [&] { return receive(meeting.endpoint); });
}

TEST_CASE("among donors and senders the higher priority comes first, among equals the earlier") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const uint64_t reply = world.make(ObjectType::reply);
    const uint64_t pause = world.make(ObjectType::notification);
    const Actor low = world.spawn({.priority = 10});
    const Actor high = world.spawn({.priority = 20});
    const Actor early = world.spawn({.priority = 15});
    const Actor late = world.spawn({.priority = 15});
    const Actor waker = world.spawn({.priority = 1});
    // All others wait below the first thread's priority until it waits.
    wait(pause);
    const auto acts = [&](const Actor& actor, uint64_t number, SystemCall how) {
        REQUIRE(world.running() == actor.object);
        talk(how, endpoint, {.words = {number}, .length = 1});
    };
    acts(high, 20, SystemCall::send);
    acts(early, 15, SystemCall::call);
    acts(late, 16, SystemCall::call);
    acts(low, 10, SystemCall::call);
    REQUIRE(world.running() == waker.object);
    signal(pause);
    for (const uint64_t expected : {20U, 15U, 16U, 10U}) {
        CHECK(receive(endpoint, reply).words[0] == expected);
        (void)send(reply);
    }
}

TEST_CASE("whoever leaves a queue, its first, its last or one between, leaves the others in order") {
    for (const unsigned leaving : {0U, 1U, 2U, 3U}) {
        World world;
        const uint64_t endpoint = world.make(ObjectType::endpoint);
        std::vector<Actor> actors;
        for (uint64_t i = 0; i < 4; ++i) {
            actors.push_back(world.spawn());
            as(world, actors.back(), [&] { return send(endpoint, {.words = {i}, .length = 1}); });
            back(world);
        }
        destroy(actors[leaving].thread);
        const Actor late = world.spawn();
        as(world, late, [&] { return send(endpoint, {.words = {4}, .length = 1}); });
        back(world);
        for (uint64_t i = 0; i < 5; ++i) {
            if (i != leaving) CHECK(receive(endpoint).words[0] == i);
        }
    }
}

TEST_CASE("a waiter whose priority changes stands in the queue accordingly") {
    World world;
    const uint64_t endpoint = world.make(ObjectType::endpoint);
    const Actor first = world.spawn();
    const Actor second = world.spawn();
    as(world, first, [&] { return send(endpoint, {.words = {1}, .length = 1}); });
    as(world, second, [&] { return send(endpoint, {.words = {2}, .length = 1}); });
    back(world);
    const auto authority = cap<stub::Thread>(BootSlot::thread);
    REQUIRE(cap<stub::Thread>(first.thread)
                .set_priority({.priority = 3, .maximum = 3, .authority = authority})
                .has_value());
    CHECK(receive(endpoint).words[0] == 2);
    CHECK(receive(endpoint).words[0] == 1);
}

TEST_CASE("a send goes to the most urgent receiver, whether it has a Reply or not; of equals to the one that has") {
    struct Case {
        uint8_t active;
        uint8_t plain;
        bool active_has_it;
    };
    for (const auto& [of_active, of_plain, active_has_it] : {Case{5, 4, true}, {4, 5, false}, {5, 5, true}}) {
        World world;
        const uint64_t endpoint = world.make(ObjectType::endpoint);
        const uint64_t reply = world.make(ObjectType::reply);
        const Actor active = world.spawn();
        const Actor plain = world.spawn();
        as(world, active, [&] { return receive(endpoint, reply); });
        as(world, plain, [&] { return receive(endpoint); });
        back(world);
        const auto authority = cap<stub::Thread>(BootSlot::thread);
        const auto set = [&](const Actor& actor, uint8_t priority) {
            REQUIRE(cap<stub::Thread>(actor.thread)
                        .set_priority({.priority = priority, .maximum = priority, .authority = authority})
                        .has_value());
        };
        set(active, of_active);
        set(plain, of_plain);
        CHECK(!try_send(endpoint).tag.error());
        CHECK((state(active) == ThreadState::ready) == active_has_it);
        CHECK((state(plain) == ThreadState::ready) == !active_has_it);
    }
}

TEST_CASE("a receiver that loses its time waits on as a passive one, and one that has none keeps no other's") {
    Meeting meeting({.active = true});
    back(meeting.world);
    REQUIRE(cap<stub::SchedContext>(meeting.active.context).unbind().has_value());
    CHECK(state(meeting.active) == ThreadState::receiving_passive);
    check_refused(meeting.world, {ErrorCode::would_block}, [&] { return try_send(meeting.endpoint); });
    const auto passive = static_cast<uint64_t>(abi::ThreadState::receiving);
    check_refused(meeting.world, {ErrorCode::wrong_state, 1, passive}, [&] {
        return cap<stub::SchedContext>(meeting.active.context).bind(cap<stub::Thread>(meeting.active.thread));
    });
}

TEST_CASE("an endpoint that goes gives everyone who waits an error") {
    for (const Waiting& waiting : combinations) {
        Meeting meeting(waiting);
        back(meeting.world);
        destroy(meeting.endpoint);
        const sel::Error gone{ErrorCode::cancelled};
        if (waiting.passive) CHECK(error_of(meeting.passive) == gone);
        if (waiting.passive) CHECK(state(meeting.passive) == ThreadState::without_budget);
        if (waiting.active) CHECK((error_of(meeting.active) == gone && state(meeting.active) == ThreadState::ready));
        if (waiting.donor) CHECK((error_of(meeting.donor) == gone && state(meeting.donor) == ThreadState::ready));
        if (waiting.sender) CHECK((error_of(meeting.sender) == gone && state(meeting.sender) == ThreadState::ready));
    }
}

}  // namespace selene::test
