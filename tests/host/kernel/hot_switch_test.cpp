// SPDX-License-Identifier: BSD-2-Clause
// The hot path and the long path: what they take, and what that does.
#include "ipc/hot_switch.hpp"

#include "hot_service.hpp"
#include "object/task.hpp"

namespace selene::test {

namespace {

constexpr Message eight_words{.words = {1, 2, 3, 4, 5, 6, 7, 8}, .length = 8, .label = 5};

}  // namespace

TEST_CASE("the hot path takes a call and its answer") {
    Hot hot;
    World& world = hot.world;
    const uint64_t same_endpoint = hot.derive(hot.endpoint, every_right);
    const Reply& reply = world.object<Reply>(hot.reply);
    const Endpoint& endpoint = world.object<Endpoint>(hot.endpoint);
    hot.meanwhile([&] { REQUIRE(cap<stub::Notification>(hot.notification).bind(hot.thread(hot.server)).has_value()); });
    world.run(hot.client);
    CHECK(taken([&] { call(hot.badged, eight_words); }) == 1);
    CHECK(world.running() == hot.server.object);
    CHECK(machine::simulated().translations.root() == hot.server.object->task->root);
    CHECK(state(hot.client) == ThreadState::called_donating);
    CHECK((state(hot.server) == ThreadState::running && hot.server.object->loan_depth == 1));
    CHECK((reply.caller == hot.client.object && hot.client.object->blocked_on == &reply));
    CHECK((endpoint.idle() && hot.server.object->blocked_on == nullptr));
    const Registers received = result(hot.server);
    CHECK((received.x0 == Hot::badge && received.tag.raw() == eight_words.tag().raw() &&
           received.words == eight_words.words));

    const Message answer{.words = {11, 12, 13, 14, 15, 16, 17, 18}, .length = 3, .label = 6};
    CHECK(taken([&] { reply_receive(same_endpoint, hot.reply, answer); }) == 1);
    CHECK(world.running() == hot.client.object);
    CHECK(machine::simulated().translations.root() == hot.client.object->task->root);
    CHECK((state(hot.client) == ThreadState::running && hot.client.object->blocked_on == nullptr));
    CHECK((state(hot.server) == ThreadState::receiving_passive && hot.server.object->context == nullptr));
    CHECK((endpoint.passive_receivers.first() == hot.server.object && hot.server.object->blocked_on == &endpoint));
    CHECK((reply.caller == nullptr && reply.endpoint == same_endpoint));
    const Registers answered = result(hot.client);
    CHECK((answered.x0 == 0 && answered.tag.raw() == answer.tag().raw() && answered.words == answer.words));
}

TEST_CASE("who runs on time that the hot path has lent keeps it when a slice ends") {
    Hot hot;
    World& world = hot.world;
    const SchedContext& lent = world.object<SchedContext>(hot.client.context);
    REQUIRE(lent.budget == lent.period);
    world.run(hot.client);
    REQUIRE(taken([&] { call(hot.badged); }) == 1);
    world.pass(lent.budget);
    CHECK((state(hot.server) == ThreadState::ready && hot.server.object->context == &lent));
    world.run(hot.server);
    CHECK(world.core().context == &lent);
}

TEST_CASE("the long path carries words in buffers, as many as there are") {
    Hot hot;
    World& world = hot.world;
    for (unsigned length = abi::register_words + 1; length <= abi::message_words; ++length) {
        const auto fill = [&](const Actor& actor, uint64_t first) {
            for (unsigned i = 0; i < std::size(buffer_of(actor).words); ++i) buffer_of(actor).words[i] = first + i;
        };
        const auto has_only = [&](const Actor& actor, uint64_t theirs, uint64_t own) {
            for (unsigned i = 0; i < std::size(buffer_of(actor).words); ++i) {
                const uint64_t expected = i < length - abi::register_words ? theirs + i : own + i;
                if (buffer_of(actor).words[i] != expected) return false;
            }
            return true;
        };
        fill(hot.client, 1000);
        fill(hot.server, 2000);
        world.run(hot.client);
        CHECK(taken([&] { call(hot.badged, {.length = length}); }) == 1);
        CHECK(has_only(hot.server, 1000, 2000));
        fill(hot.server, 3000);
        CHECK(taken([&] { reply_receive(hot.endpoint, hot.reply, {.length = length}); }) == 1);
        CHECK(has_only(hot.client, 3000, 1000));
    }
}

TEST_CASE("the long path switches floating-point registers with their threads") {
    Hot hot;
    auto& registers = machine::simulated().fpu_registers;
    const auto touch = [&](const Actor& actor, uint64_t value) {
        hot.world.run(actor);
        hot.world.touch_floating_point();
        CHECK(registers[0] == (value > 2 ? value - 2 : 0));
        registers[0] = value;
    };
    touch(hot.client, 1);
    CHECK(taken([&] { call(hot.badged); }) == 1);
    CHECK(!machine::simulated().fpu_is_on);
    touch(hot.server, 2);
    CHECK(taken([&] { reply_receive(hot.endpoint, hot.reply); }) == 1);
    CHECK((machine::simulated().fpu_is_on && registers[0] == 1));
    touch(hot.client, 3);
    CHECK(taken([&] { call(hot.badged); }) == 1);
    CHECK((machine::simulated().fpu_is_on && registers[0] == 2));
    CHECK(taken([&] { reply_receive(hot.endpoint, hot.reply); }) == 1);
    CHECK((machine::simulated().fpu_is_on && registers[0] == 3));
    CHECK((hot.client.object->uses_fpu() && hot.server.object->uses_fpu()));
}

TEST_CASE("the hot path takes signals, waits, polls and yields that switch to nobody") {
    Hot hot;
    World& world = hot.world;
    const uint64_t badged = hot.derive(hot.notification, every_right, 6);
    const Notification& notification = world.object<Notification>(hot.notification);
    world.run(hot.client);
    CHECK(taken([&] { signal(hot.notification); }) == 1);
    CHECK(taken([&] { signal(badged); }) == 1);
    CHECK(notification.bits == 7);
    CHECK(taken([&] { CHECK(wait(hot.notification).x0 == 7); }) == 1);
    CHECK(notification.bits == 0);
    signal(badged);
    CHECK(taken([&] { CHECK(poll(hot.notification).x0 == 6); }) == 1);
    CHECK(taken([&] { CHECK(poll(hot.notification).x0 == 0); }) == 1);
    hot.meanwhile([&] { wait(hot.notification); });
    REQUIRE(world.running() == hot.client.object);
    CHECK(taken([&] { talk(SystemCall::yield, 0); }) == 1);
    CHECK(world.running() == hot.client.object);
}

TEST_CASE("one subtraction tells who may be switched to") {
    constexpr uint32_t core = 0x4000'0000;
    constexpr uint8_t priorities[] = {0, 1, 99, 100, 101, 254, 255};
    constexpr ThreadState wanted[] = {ThreadState::receiving_passive, ThreadState::called_donating,
                                      ThreadState::faulted_donating, ThreadState::waiting};
    unsigned wrong = 0;
    const auto compare = [&](uint32_t of_core, unsigned code, uint8_t flags, uint8_t priority, uint32_t live) {
        const uint32_t summary = of_core | uint32_t{static_cast<uint8_t>(code | flags)} << state_shift | priority;
        for (const uint8_t floor : priorities) {
            for (const ThreadState state : wanted) {
                const bool fits = of_core == core && code == static_cast<uint8_t>(state) && priority >= floor;
                const bool stopped = (flags & state_stopped) != 0;
                const bool no_fpu = live == 0 && (flags & state_uses_fpu) == 0;
                const uint32_t word = core | live | floor;
                wrong += scheduler::may_switch_to(word, summary, state) != (fits && !stopped && no_fpu);
                wrong += scheduler::may_switch_with_fpu(word, summary, state) != (fits && !stopped);
            }
            const bool may_go_on = of_core == core && priority >= floor && (flags & state_stopped) == 0;
            wrong += scheduler::may_go_on(core | live | floor, summary) != may_go_on;
        }
    };
    for (const uint32_t of_core : {core, core - 0x1'0000, core + 0x1'0000, uint32_t{0}}) {
        for (unsigned code = 0; code < static_cast<unsigned>(ThreadState::inactive); code += 2) {
            for (const unsigned flags :
                 {0U, unsigned{state_stopped}, unsigned{state_uses_fpu}, state_stopped | unsigned{state_uses_fpu}}) {
                for (const uint8_t priority : priorities) {
                    for (const uint32_t live : {uint32_t{0}, machine::fpu_live})
                        compare(of_core, code, static_cast<uint8_t>(flags), priority, live);
                }
            }
        }
    }
    CHECK(wrong == 0);
}

}  // namespace selene::test
