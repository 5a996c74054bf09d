// SPDX-License-Identifier: BSD-2-Clause
// Clients that have a server call them, and never answer: the others wait for each of them once, and no longer than the
// server has patience.

#include "contention.hpp"
#include "parts.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <sel/acceptor.hpp>
#include <sel/messenger.hpp>

namespace siege {

using namespace std::chrono_literals;
using sel::Message;
using test::check;

namespace {

constexpr auto patience = 500us;
constexpr uint8_t client_priority = 90;
constexpr uint8_t callback_priority = 95;  // below the server's, whatever they do
constexpr uint32_t is_enough = 1;          // the label of a request
constexpr uint32_t turned_away = 1;        // of an answer

/// Asks each client something, through the endpoint that its request brings, before it answers. Who does not say
/// anything in time is no client any more.
class Inquirer {
public:
    explicit Inquirer(test::Stage& stage)
        : stage_(stage),
          requests_(stage.make<sel::Endpoint>()),
          reply_(stage.make<sel::Reply>()),
          into_(stage.table(), sel::own_slots()),
          work_({stage.table(), stage.space(), sel::own_slots(), sel::own_addresses()}) {
        constexpr uint64_t pages = 64;
        sel::or_abort(work_.memory().add(stage.make<sel::Untyped>(pages), pages), "adding memory");
        const auto task = sel::or_abort(sel::make_own_task(work_), "making a task");
        messenger_.emplace(sel::OwnThread::Means{work_, task, stage.thread(), stage.time()},
                           sel::Messenger::Role{.caller = 96, .alarm = 190}, stage.make<sel::Notification>());
        sel::or_abort(messenger_->start(), "starting a messenger");
    }

    /// How the next client, of that number, may call.
    sel::Endpoint admit(uint64_t number) {
        return clients_[number] = stage_.derive(requests_, test::all_rights, number + 1);
    }

    void serve_for(std::chrono::microseconds length) {
        // Past its budget: it goes on in its next period.
        auto sleep = [&] {
            spin_for(200us);
            (void)requests_.send(Message(is_enough));
        };
        const auto sleeper = stage_.start(
            {.priority = 180, .budget_us = 100, .period_us = static_cast<uint64_t>(length.count())}, sleep);
        serve();
        stage_.wait_for(sleeper);
        stage_.destroy(sleeper);
    }

private:
    void serve() {
        const sel::CapIndex arrived = sel::or_abort(into_.open(1), "finding a slot");
        auto next = requests_.receive(reply_);
        while (!next || next->message.label() != is_enough) {
            // Whoever is called can put nothing there with the answer.
            (void)into_.reopen(arrived, 0);
            const Message answer = next ? inquire(next->badge - 1, sel::Endpoint(arrived)) : Message(turned_away);
            into_.empty(arrived, 1);
            (void)into_.reopen(arrived, 1);
            next = requests_.reply_receive(reply_, answer);
        }
        into_.close(arrived, 1, 0);
    }
    Message inquire(uint64_t number, sel::Endpoint client) {
        const auto said = messenger_->call(client, Message(0), patience);
        if (said) return Message(0, said->word(0));
        stage_.unmap(clients_[number], sel::abi::KeepRoot::self);
        return Message(turned_away);
    }

    test::Stage& stage_;
    sel::Endpoint requests_;
    sel::Reply reply_;
    sel::Acceptor into_;
    sel::Workspace work_;
    std::optional<sel::Messenger> messenger_;
    std::array<sel::Endpoint, 8> clients_;
};

/// Requests, one after the other.
class Client {
public:
    Client(sel::Endpoint server, sel::Endpoint callback) : server_(server), callback_(callback) {}

    void operator()() {
        for (;;) {
            Message request(0);
            (void)request.append(sel::mapped_item(callback_.index(), test::all_rights));
            const auto start = sel::Clock::now();
            const auto answer = server_.call(request);
            longest = std::max(longest, sel::Clock::now() - start);
            if (answer && answer->label() == 0) {
                served.fetch_add(1, std::memory_order_relaxed);
            } else if (answer) {
                ++refused;
            }
        }
    }

    std::atomic<uint64_t> served = 0;
    uint64_t refused = 0;
    sel::Clock::duration longest = sel::Clock::duration::zero();

private:
    sel::Endpoint server_;
    sel::Endpoint callback_;
};

/// What the server calls: what it does then.
struct Callback {
    sel::Endpoint endpoint;
    sel::Reply reply;
    sel::Notification never;
    std::atomic<unsigned> taken = 0;

    explicit Callback(test::Stage& stage)
        : endpoint(stage.make<sel::Endpoint>()),
          reply(stage.make<sel::Reply>()),
          never(stage.make<sel::Notification>()) {}

    void answer() const {
        auto next = endpoint.receive(reply);
        while (next) next = endpoint.reply_receive(reply, Message(0, 42));
    }
    void be_silent() {
        (void)endpoint.receive(reply);
        ++taken;
        (void)never.wait();
    }
    void be_busy() {
        (void)endpoint.receive(reply);
        ++taken;
        for (;;) {}
    }
};

}  // namespace

void check_silence(test::Stage& stage) {
    constexpr auto interval = 60ms;
    constexpr uint64_t budget_us = 500;
    constexpr uint64_t period_us = 10'000;
    Inquirer server(stage);
    Callback answering(stage), silent(stage), busy(stage);
    auto answer = [&] { answering.answer(); };
    auto be_silent = [&] { silent.be_silent(); };
    auto be_busy = [&] { busy.be_busy(); };
    const auto start_callback = [&](auto& script) { return stage.start({.priority = 110}, script); };
    const std::array callbacks = {start_callback(answer), start_callback(be_silent), start_callback(be_busy)};
    for (const auto& actor : callbacks) {
        sel::or_abort(actor.thread.set_priority(
                          {.priority = callback_priority, .maximum = callback_priority, .authority = stage.thread()}),
                      "making a callback less urgent");
    }
    // On the time of who calls it.
    sel::or_abort(callbacks[2].time.unbind(), "taking a callback's own time");

    Client honest(server.admit(0), answering.endpoint);
    const auto good = stage.start({.priority = client_priority}, honest);
    server.serve_for(interval);
    const uint64_t alone = honest.served.exchange(0, std::memory_order_relaxed);

    // Nobody receives; who receives says nothing; who receives keeps the time that it was lent; the server itself.
    const auto at_itself = server.admit(4);
    std::array besiegers = {Client(server.admit(1), stage.make<sel::Endpoint>()),
                            Client(server.admit(2), silent.endpoint), Client(server.admit(3), busy.endpoint),
                            Client(at_itself, at_itself)};
    std::vector<test::Actor> bad;
    for (Client& client : besiegers) {
        bad.push_back(
            stage.start({.priority = client_priority, .budget_us = budget_us, .period_us = period_us}, client));
    }
    server.serve_for(interval);
    const uint64_t besieged = honest.served.load(std::memory_order_relaxed);
    const auto longest = std::chrono::duration_cast<std::chrono::microseconds>(honest.longest);
    sel::print("{} calls alone, {} besieged, the longest took {} us\n", alone, besieged, longest.count());
    check(alone > 500, "a client that answers is served");
    check(silent.taken == 1 && busy.taken == 1, "the others have been called");
    for (const Client& client : besiegers) {
        check(client.served == 0 && client.refused == 1, "who does not answer in time is turned away");
    }
    constexpr auto each_at_once = patience + std::chrono::microseconds(budget_us);
    constexpr uint64_t own = std::size(besiegers) * budget_us * 1000 / period_us;
    constexpr uint64_t waited = besiegers.size() * patience * 1000 / interval;
    check(besieged * 1000 > alone * (1000 - own - waited - 50),
          "they take no more than their budgets, and patience once");
    check(longest < besiegers.size() * each_at_once, "nor let others wait for longer");
    for (const auto& actor : bad) stage.destroy(actor);
    for (const auto& actor : callbacks) stage.destroy(actor);
    stage.destroy(good);
}

}  // namespace siege
