// SPDX-License-Identifier: BSD-2-Clause
// Each condition under which the hot path and the long path decline (ipc/hot_switch.hpp): what they leave comes to what
// it comes to without them.
#include <functional>
#include <vector>

#include "hot_service.hpp"
#include "ipc/reply.hpp"
#include "object/task.hpp"

namespace selene::test {

namespace {

using machine::simulated;

constexpr unsigned long_message = abi::register_words + 1;

/// What all have seen of a system call.
struct Outcome {
    ThreadState client;
    ThreadState server;
    std::array<uint64_t, 10> clients_registers{};
    std::array<uint64_t, 10> servers_registers{};
    Thread* running;

    explicit Outcome(Hot& hot) : client(state(hot.client)), server(state(hot.server)), running(hot.world.running()) {
        std::copy_n(hot.client.object->registers.x, clients_registers.size(), clients_registers.begin());
        std::copy_n(hot.server.object->registers.x, servers_registers.size(), servers_registers.begin());
    }
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct Case {
    const char* name;
    std::function<void(Hot&)> arrange;  ///< until who makes the system call runs
    std::function<void(Hot&)> act;
    Hot::Options options = {};
};

/// Each world has its objects at the same addresses.
void check_declined(std::initializer_list<Case> cases) {
    for (const Case& declined : cases) {
        INFO(declined.name);
        std::vector<Outcome> outcomes;
        for (const bool direct : {false, true}) {
            Hot hot(declined.options);
            declined.arrange(hot);
            simulated().direct_switches = direct;
            CHECK(taken([&] { declined.act(hot); }) == 0);
            outcomes.emplace_back(hot);
        }
        CHECK(outcomes[0] == outcomes[1]);
        simulated().direct_switches = true;
    }
}

constexpr abi::RightsMask without_read = Right::write | Right::reply | Right::transfer;
constexpr abi::RightsMask without_write = Right::read | Right::reply | Right::transfer;
constexpr abi::RightsMask without_reply = Right::read | Right::write | Right::transfer;

void client_runs(Hot& hot) { hot.world.run(hot.client); }
/// The server works for the client.
void server_runs(Hot& hot) {
    as(hot.world, hot.client, [&] { return call(hot.badged); });
    hot.world.run(hot.server);
}
/// `prepare`, then the client runs.
template <class Prepare>
auto client_after(const Prepare& prepare) {
    return [prepare](Hot& hot) {
        prepare(hot);
        client_runs(hot);
    };
}
/// The server works for the client; meanwhile, `change`.
template <class Change>
auto server_while(const Change& change) {
    return [change](Hot& hot) {
        server_runs(hot);
        back(hot.world);
        change(hot);
        hot.world.run(hot.server);
    };
}
/// A direct switch passes by those who are as urgent, and on the general way it would be their turn.
void first_waits(Hot& hot) { wait(hot.notification); }
/// The server's capability is another one.
template <class Derive>
auto server_with(uint64_t Hot::* name, const Derive& derive) {
    return server_while([=](Hot& hot) { hot.*name = derive(hot); });
}

void calls(Hot& hot) { call(hot.badged, {.words = {1, 2, 3}, .length = 3, .label = 4}); }
void answers(Hot& hot) { reply_receive(hot.endpoint, hot.reply, {.words = {5, 6}, .length = 2}); }
void system_call_with(SystemCall number, uint64_t index, Tag tag, uint64_t reply = no_reply) {
    sel::simulated_system_call(number, {.x0 = index, .tag = tag, .words = {}, .reply = reply});
}

/// A task whose table has a guard that is not all zeros, with the client's capability in it.
void client_with_guarded_table(Hot& hot) {
    constexpr uint64_t guard = 0xabc;
    constexpr uint64_t guard_bits = 60;
    World& world = hot.world;
    const uint64_t table = world.make(ObjectType::cap_table, 16);
    hot.client = world.spawn({.started = false});
    const uint64_t guarded = world.derive(table, every_right, guard << 6 | guard_bits);
    const auto task = cap<stub::Task>(hot.client.task);
    REQUIRE(task.remove(abi::TaskSlot::table).has_value());
    REQUIRE(task.install(abi::TaskSlot::table, cap<stub::CapTable>(guarded)).has_value());
    REQUIRE(cap<stub::CapTable>(table)
                .map({.first = 2,
                      .source = own_table(),
                      .source_first = hot.badged,
                      .count = 1,
                      .rights = every_right,
                      .badge = 0})
                .has_value());
    hot.badged = guard << 4 | 2;
    world.start(hot.client);
}

/// Its answer has met a message that does not fit, and it waits for the next on the time of who has sent that.
void server_has_refused(Hot& hot) {
    World& world = hot.world;
    const Actor misfit = world.spawn();
    server_runs(hot);
    as(world, misfit, [&] { return call(hot.badged, {.length = long_message}); });
    world.run(hot.server);
    simulated().preempt_every = 1;
    answers(hot);
    simulated().preempt_every = 0;
    REQUIRE(world.object<Reply>(hot.reply).settled == Settled::yes);
    world.run(hot.server);
}

}  // namespace

TEST_CASE("the hot path declines a call") {
    check_declined({
        {"with a capability item", client_runs, [](Hot& hot) { call(hot.badged, {.length = 1, .items = 1}); }},
        {"that must arrive", client_runs, [](Hot& hot) { call(hot.badged, {.length = 1, .must_arrive = true}); }},
        {"with a bit of the kernel's in its tag", client_runs,
         [](Hot& hot) { system_call_with(SystemCall::call, hot.badged, Tag().with_fault()); }},
        {"longer than a message", client_runs, [](Hot& hot) { call(hot.badged, {.length = abi::message_words + 1}); }},
        {"with words in a buffer that its server lacks",
         client_runs,
         [](Hot& hot) { call(hot.badged, {.length = long_message}); },
         {.server_has_buffer = false}},
        {"with words in a buffer that its client lacks",
         client_runs,
         [](Hot& hot) { call(hot.badged, {.length = long_message}); },
         {.client_has_buffer = false}},
        {"beyond the table", client_runs, [](Hot& hot) { call(hot.world.table().count() + 2); }},
        {"by a table with a guard", client_after(client_with_guarded_table), calls},
        {"of what is no endpoint", client_runs, [](Hot& hot) { call(hot.notification); }},
        {"without the right to write",
         client_after([](Hot& hot) { hot.badged = hot.derive(hot.endpoint, without_write, Hot::badge); }), calls},
        {"without the right to an answer",
         client_after([](Hot& hot) { hot.badged = hot.derive(hot.endpoint, without_reply, Hot::badge); }), calls},
        {"that nobody waits for", client_after([](Hot& hot) { destroy(hot.server.thread); }), calls},
        {"of a server with time of its own that is less urgent than who is ready",
         client_after([](Hot& hot) { hot.make_less_urgent(hot.server); }),
         calls,
         {.server_is_passive = false}},
        {"of a server with time of its own", client_after(first_waits), calls, {.server_is_passive = false}},
        {"that two servers wait for", client_after([](Hot& hot) { hot.add_server(); }), calls},
        {"of a server that is stopped",
         client_after([](Hot& hot) { REQUIRE(Hot::thread(hot.server).suspend().has_value()); }), calls},
        {"of a server that is less urgent than who is ready",
         client_after([](Hot& hot) { hot.make_less_urgent(hot.server); }), calls},
        {"of a server whose space has no tag", client_after([](Hot& hot) {
             hot.take_all_tags();
             REQUIRE(hot.server.object->task->root == 0);
         }),
         calls},
    });
}

TEST_CASE("the hot path declines a call by who is as deep in calls as can be") {
    Hot hot;
    World& world = hot.world;
    world.check_always(false);
    Actor caller = hot.client;
    for (unsigned depth = 0; depth <= abi::call_depth; ++depth) {
        hot.endpoint = hot.make(ObjectType::endpoint);
        const Actor server = hot.add_server();
        world.run(caller);
        CHECK(taken([&] { call(hot.endpoint); }) == (depth < abi::call_depth ? 1 : 0));
        caller = server;
    }
    world.check();
}

TEST_CASE("the hot path declines an answer") {
    check_declined({
        {"with a capability item", server_runs,
         [](Hot& hot) { reply_receive(hot.endpoint, hot.reply, {.length = 1, .items = 1}); }},
        {"with a bit of the kernel's in its tag", server_runs,
         [](Hot& hot) { system_call_with(SystemCall::reply_receive, hot.endpoint, Tag().with_fault(), hot.reply); }},
        {"longer than a message", server_runs,
         [](Hot& hot) { reply_receive(hot.endpoint, hot.reply, {.length = abi::message_words + 1}); }},
        {"with words in a buffer that its server lacks",
         server_runs,
         [](Hot& hot) { reply_receive(hot.endpoint, hot.reply, {.length = long_message}); },
         {.server_has_buffer = false}},
        {"with words in a buffer that its client lacks",
         server_runs,
         [](Hot& hot) { reply_receive(hot.endpoint, hot.reply, {.length = long_message}); },
         {.client_has_buffer = false}},
        {"before a receive beyond the table", server_runs,
         [](Hot& hot) { reply_receive(hot.world.table().count() + 2, hot.reply); }},
        {"before a receive from what is no endpoint", server_runs,
         [](Hot& hot) { reply_receive(hot.notification, hot.reply); }},
        {"before a receive without the right to read",
         server_with(&Hot::endpoint, [](Hot& hot) { return hot.derive(hot.endpoint, without_read); }), answers},
        {"through a Reply beyond the table", server_runs,
         [](Hot& hot) { reply_receive(hot.endpoint, hot.world.table().count() + 2); }},
        {"through another Reply", server_with(&Hot::reply, [](Hot& hot) { return hot.make(ObjectType::reply); }),
         answers},
        {"through a Reply without the right to read",
         server_with(&Hot::reply, [](Hot& hot) { return hot.derive(hot.reply, Right::write); }), answers},
        {"through a Reply without the right to write",
         server_with(&Hot::reply, [](Hot& hot) { return hot.derive(hot.reply, Right::read); }), answers},
        {"to nobody",
         server_while([](Hot& hot) { destroy(hot.client.thread); }),
         answers,
         {.server_is_passive = false}},
        {"to who has been refused already",
         server_has_refused,
         [](Hot& hot) { hot.world.finish(*hot.server.object); },
         {.server_has_buffer = false}},
        {"beside another server that waits", server_while([](Hot& hot) { hot.add_server(); }), answers},
        {"while another client waits", server_while([](Hot& hot) {
             const Actor another = hot.world.spawn();
             as(hot.world, another, [&] { return call(hot.endpoint); });
         }),
         answers},
        {"by a server with time of its own", server_while(first_waits), answers, {.server_is_passive = false}},
        {"to a client that is stopped",
         server_while([](Hot& hot) { REQUIRE(Hot::thread(hot.client).suspend().has_value()); }), answers},
        {"to a client that has faulted",
         [](Hot& hot) {
             back(hot.world);
             const auto handler = cap<stub::Endpoint>(hot.badged);
             REQUIRE(cap<stub::Task>(hot.client.task).install(abi::TaskSlot::fault_endpoint, handler).has_value());
             hot.world.run(hot.client);
             simulated().direct_switches = false;  // so that the loan is written down
             hot.world.fault(abi::FaultKind::page_fault, 0x1234);
             simulated().direct_switches = true;
             back(hot.world);
             first_waits(hot);
             hot.world.run(hot.server);
             REQUIRE(state(hot.client) == ThreadState::faulted_donating);
         },
         [](Hot& hot) {
             reply_receive(hot.endpoint, hot.reply);
             CHECK(hot.server.object->context == nullptr);
         }},
        {"to a client that is less urgent than who is ready",
         server_while([](Hot& hot) { hot.make_less_urgent(hot.client); }), answers},
        {"to a client whose space has no tag", server_while([](Hot& hot) {
             hot.take_all_tags();
             REQUIRE(hot.client.object->task->root == 0);
         }),
         answers},
        {"by a server whose notification has bits", server_while([](Hot& hot) {
             REQUIRE(cap<stub::Notification>(hot.notification).bind(Hot::thread(hot.server)).has_value());
             signal(hot.notification);
         }),
         answers},
    });
}

TEST_CASE("the hot path declines signals, waits, polls and yields") {
    const auto client_with = [](abi::RightsMask rights) {
        return client_after([rights](Hot& hot) { hot.notification = hot.derive(hot.notification, rights); });
    };
    const auto signals = [](Hot& hot) { signal(hot.notification); };
    const auto waits = [](Hot& hot) { wait(hot.notification); };
    const auto polls = [](Hot& hot) { poll(hot.notification); };
    check_declined({
        {"a signal beyond the table", client_runs, [](Hot& hot) { signal(hot.world.table().count() + 2); }},
        {"a signal of what is no notification", client_runs, [](Hot& hot) { signal(hot.endpoint); }},
        {"a signal without the right to write", client_with(without_write), signals},
        {"a signal that somebody waits for", client_after([](Hot& hot) {
             const Actor waiter = hot.world.spawn();
             as(hot.world, waiter, [&] { return wait(hot.notification); });
         }),
         signals},
        {"a signal to a thread", client_after([](Hot& hot) {
             REQUIRE(cap<stub::Notification>(hot.notification).bind(Hot::thread(hot.server)).has_value());
         }),
         signals},
        {"a wait beyond the table", client_runs, [](Hot& hot) { wait(hot.world.table().count() + 2); }},
        {"a wait for what is no notification", client_runs, [](Hot& hot) { wait(hot.endpoint); }},
        {"a wait without the right to read", client_with(without_read), waits},
        {"a wait while no bit is set", client_runs, waits},
        {"a poll without the right to read", client_with(without_read), polls},
        {"a yield to an equal", client_runs, [](Hot&) { talk(SystemCall::yield, 0); }},
    });
}

}  // namespace selene::test
