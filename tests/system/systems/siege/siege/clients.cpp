// SPDX-License-Identifier: BSD-2-Clause
// A server whose other clients flood it, lend it hardly any time, stop in the middle of their calls: who behaves well has
// what its budget buys.

#include "contention.hpp"
#include "parts.hpp"

#include <algorithm>
#include <array>

#include <sel/ipc_buffer.hpp>

namespace siege {

using namespace std::chrono_literals;
using sel::Message;
using test::check;

namespace {

constexpr uint32_t takes_long = 1;
constexpr uint32_t given_up = 99;
constexpr uint8_t server_priority = 120;
constexpr uint8_t steward_priority = 130;

/// The server begins here, and again when its client's time was not enough.
struct Server {
    sel::Endpoint endpoint;
    sel::Reply reply;
    alignas(16) std::array<char, 8192> stack;
};
Server server_state;

[[noreturn]] void serve() {
    auto next = server_state.endpoint.receive(server_state.reply);
    for (;;) {
        if (next && next->message.label() == takes_long) spin_for(100us);
        next = next ? server_state.endpoint.reply_receive(server_state.reply, Message(0))
                    : server_state.endpoint.receive(server_state.reply);
    }
}

/// Hears of it when the server has used up what its client lent, tells the client and has the server begin anew.
class Steward {
public:
    Steward(test::Stage& stage, const test::Actor& server)
        : timeouts_(stage.make<sel::Endpoint>()),
          reply_(stage.make<sel::Reply>()),
          authority_(stage.thread()),
          server_(server),
          spare_(server.time) {}

    [[nodiscard]] sel::Endpoint timeouts() const { return timeouts_; }
    [[nodiscard]] unsigned restarts() const { return restarts_; }
    void is(sel::Thread thread) { own_ = thread; }

    void watch() {
        while (timeouts_.receive(reply_)) {
            ++restarts_;
            (void)server_state.reply.send(Message(given_up));
            constexpr uint64_t stack_pointer = 31;
            (void)server_.thread.write_registers(
                {.first = stack_pointer,
                 .count = 2,
                 .value0 = reinterpret_cast<uint64_t>(server_state.stack.data() + server_state.stack.size()),
                 .value1 = reinterpret_cast<uint64_t>(&serve),
                 .value2 = 0,
                 .value3 = 0,
                 .value4 = 0});
            (void)spare_.bind(server_.thread);
            (void)reply_.send(Message(0));
            let_begin();
        }
    }
    /// Until it receives, the server has time of its own.
    void let_begin() const {
        set_priority(server_priority - 1);
        (void)spare_.unbind();
        set_priority(steward_priority);
    }

private:
    void set_priority(uint8_t priority) const {
        (void)own_.set_priority({.priority = priority, .maximum = steward_priority, .authority = authority_});
    }

    sel::Endpoint timeouts_;
    sel::Reply reply_;
    sel::Thread authority_;
    sel::Thread own_;
    test::Actor server_;
    sel::SchedContext spare_;
    unsigned restarts_ = 0;
};

constexpr uint8_t client_priority = 90;

/// One that is always ready, so that it has what the others leave; how often it is served, and how long that takes.
struct Honest {
    std::atomic<uint64_t> served = 0;
    sel::Clock::duration longest = sel::Clock::duration::zero();

    void call() {
        for (;;) {
            const auto start = sel::Clock::now();
            const auto answer = server_state.endpoint.call(Message(0));
            longest = std::max(longest, sel::Clock::now() - start);
            if (answer && answer->label() == 0) served.fetch_add(1, std::memory_order_relaxed);
        }
    }
};

void flood() {
    for (;;) (void)server_state.endpoint.call(Message(0));
}
void send_only() {
    for (;;) (void)server_state.endpoint.try_send(Message(0));
}
void ask_for_much() {
    for (;;) (void)server_state.endpoint.call(Message(takes_long));
}
/// A capability that the server does not take, and one that there is none of.
void offer() {
    for (;;) {
        for (const auto index : {server_state.endpoint.index(), sel::CapIndex(sel::abi::no_capability)}) {
            Message message(0);
            (void)message.append(sel::mapped_item(index, test::all_rights));
            (void)server_state.endpoint.call(message);
        }
    }
}

/// Those who do not behave, and what each may use of the time at most.
struct Besiegers {
    static constexpr unsigned per_mille = 100 + 100 + 100 + 4 + 100 + 7;
    static constexpr auto most_at_once = 4 * 1000us + 2 * 20us;

    std::array<test::Actor, 6> actors;

    explicit Besiegers(test::Stage& stage) {
        const auto start = [&](auto& script, uint64_t budget_us, uint64_t period_us, uint8_t priority) {
            return stage.start({.priority = priority, .budget_us = budget_us, .period_us = period_us}, script);
        };
        static auto calls = [] { flood(); };
        static auto sends = [] { send_only(); };
        static auto offers = [] { offer(); };
        static auto asks = [] { ask_for_much(); };
        const auto fickle = start(asks, 1'000, 10'000, client_priority);
        // In the middle of its calls it does not go on, and so does not hear of the answer.
        static sel::Thread stopped;
        stopped = fickle.thread;
        static auto stop_and_go = [] {
            for (bool stops = true;; stops = !stops) {
                (void)(stops ? stopped.suspend() : stopped.resume());
                spin_for(25us);  // past its budget: until the next period
            }
        };
        actors = {fickle,
                  start(calls, 1'000, 10'000, client_priority),
                  start(sends, 1'000, 10'000, client_priority),
                  start(offers, 1'000, 10'000, client_priority),
                  start(asks, 20, 5'000, client_priority),
                  start(stop_and_go, 20, 3'100, 140)};
    }
};

}  // namespace

void check_clients(test::Stage& stage) {
    constexpr auto interval = 60ms;
    server_state.endpoint = stage.make<sel::Endpoint>();
    server_state.reply = stage.make<sel::Reply>();
    const auto task = stage.make_task(stage.make<sel::Endpoint>());
    auto begin = [] { serve(); };
    const auto server = stage.start({.priority = server_priority, .task = task}, begin);
    Steward steward(stage, server);
    sel::or_abort(task.install(sel::abi::TaskSlot::timeout_endpoint, steward.timeouts()), "a time-out endpoint");
    sel::or_abort(server.time.unbind(), "taking the server's own time");
    auto watch = [&] { steward.watch(); };
    const auto watching = stage.start({.priority = client_priority}, watch);
    steward.is(watching.thread);
    sel::or_abort(watching.thread.set_priority(
                      {.priority = steward_priority, .maximum = steward_priority, .authority = stage.thread()}),
                  "making the steward urgent");

    Honest honest;
    auto behave = [&] { honest.call(); };
    const auto good = stage.start({.priority = client_priority}, behave);
    let_run(stage, interval);
    const uint64_t alone = honest.served.exchange(0, std::memory_order_relaxed);
    const Besiegers besiegers(stage);
    let_run(stage, interval);
    const uint64_t besieged = honest.served.load(std::memory_order_relaxed);
    const auto longest = std::chrono::duration_cast<std::chrono::microseconds>(honest.longest);
    sel::print("{} calls alone, {} besieged, the longest took {} us; the server has begun anew {} times\n", alone,
               besieged, longest.count(), steward.restarts());
    check(alone > 1000, "a client that behaves is served");
    // What the steward does for others is little.
    check(besieged * 1000 > alone * (1000 - Besiegers::per_mille - 50),
          "others take no more from it than their budgets");
    check(longest < Besiegers::most_at_once, "nor let it wait for longer");
    check(steward.restarts() > 10, "the server has been left without time");
    for (const auto& actor : besiegers.actors) stage.destroy(actor);
    for (const auto& actor : {good, watching, server}) stage.destroy(actor);
}

}  // namespace siege
