// SPDX-License-Identifier: BSD-2-Clause
// Stopping a thread and letting it go on cancels nothing that it waits for, whatever that is.
#include "ipc/endpoint.hpp"
#include "ipc/reply.hpp"
#include "talk.hpp"

namespace selene::test {

namespace {

/// A thread that waits, who comes to end that, and all that they may do so by.
struct Pair {
    World world;
    uint64_t endpoint = world.make(ObjectType::endpoint);
    uint64_t reply = world.make(ObjectType::reply);
    uint64_t partners_reply = world.make(ObjectType::reply);
    uint64_t bell = world.make(ObjectType::notification);
    Actor thread = world.spawn();
    Actor partner = world.spawn();

    template <class Action>
    void waits(const Action& action) {
        as(world, thread, action);
        back(world);
    }
    void suspend() const { REQUIRE(cap<stub::Thread>(thread.thread).suspend().has_value()); }
    void resume() const { REQUIRE(cap<stub::Thread>(thread.thread).resume().has_value()); }

    /// Stopped while it waits in `state`, and resumed there: it has what `finish` gives, without an error.
    template <class Action>
    void check_resumed_before(ThreadState state, const Action& finish) {
        stop(state);
        resume();
        CHECK(test::state(thread) == state);
        CHECK(!thread.object->stopped());
        as(world, partner, finish);
        check_goes_on();
    }
    /// Stopped while it waits in `state`, and resumed when that is over.
    template <class Action>
    void check_resumed_after(ThreadState state, const Action& finish) {
        stop(state);
        as(world, partner, finish);
        back(world);
        CHECK((test::state(thread) == ThreadState::ready && thread.object->stopped()));
        resume();
        check_goes_on();
    }

private:
    void stop(ThreadState state) const {
        REQUIRE(test::state(thread) == state);
        suspend();
        suspend();  // once is enough
        CHECK(test::state(thread) == state);
        CHECK(thread.object->stopped());
    }
    void check_goes_on() {
        back(world);
        world.run(thread);
        CHECK(!error_of(thread).has_value());
    }
};

}  // namespace

TEST_CASE("a thread that is stopped while it waits and goes on has lost nothing") {
    Pair pair;
    const auto check = [&](ThreadState state, const auto& begin, const auto& finish) {
        pair.waits(begin);
        SECTION("resumed while it waits") { pair.check_resumed_before(state, finish); }
        SECTION("resumed when that is over") { pair.check_resumed_after(state, finish); }
    };
    const auto receives = [&] { return receive(pair.endpoint, pair.partners_reply); };
    SECTION("for a message") {
        check(
            ThreadState::receiving_active, [&] { return receive(pair.endpoint, pair.reply); },
            [&] { return send(pair.endpoint); });
    }
    SECTION("for a message, without a Reply") {
        check(
            ThreadState::receiving_plain, [&] { return receive(pair.endpoint); }, [&] { return send(pair.endpoint); });
    }
    SECTION("for a receiver") {
        check(ThreadState::sending, [&] { return send(pair.endpoint); }, receives);
    }
    SECTION("for a signal") {
        check(ThreadState::waiting, [&] { return wait(pair.bell); }, [&] { return signal(pair.bell); });
    }
    SECTION("for its server to receive, then for the answer") {
        pair.waits([&] { return call(pair.endpoint); });
        REQUIRE(state(pair.thread) == ThreadState::calling);
        pair.suspend();
        as(pair.world, pair.partner, receives);
        back(pair.world);
        CHECK(state(pair.thread) == ThreadState::called_keeping);
        const auto answers = [&] { return send(pair.partners_reply); };
        SECTION("resumed while it waits") { pair.check_resumed_before(ThreadState::called_keeping, answers); }
        SECTION("resumed when that is over") { pair.check_resumed_after(ThreadState::called_keeping, answers); }
    }
}

TEST_CASE("whoever is stopped in a queue keeps its place there, and its message") {
    Pair pair;
    pair.waits([&] { return send(pair.endpoint, {.words = {1}, .length = 1}); });
    const Actor later = pair.world.spawn();
    as(pair.world, later, [&] { return send(pair.endpoint, {.words = {2}, .length = 1}); });
    back(pair.world);
    pair.suspend();
    as(pair.world, pair.partner, [&] { return receive(pair.endpoint); });
    back(pair.world);
    CHECK(result(pair.partner).words[0] == 1);
    CHECK(state(later) == ThreadState::sending);
}

TEST_CASE("a thread that is stopped without having done anything goes on with all its registers") {
    Pair pair;
    pair.world.run(pair.thread);
    auto& x = pair.thread.object->registers.x;
    for (uint64_t i = 0; i < std::size(x); ++i) x[i] = 100 + i;
    back(pair.world);
    pair.suspend();
    pair.world.pass(1000);
    pair.resume();
    pair.world.run(pair.thread);
    for (uint64_t i = 0; i < std::size(x); ++i) CHECK(x[i] == 100 + i);
}

}  // namespace selene::test
