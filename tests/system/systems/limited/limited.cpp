// SPDX-License-Identifier: BSD-2-Clause
// Calls that are limited in time: answered, too late, never, just when the time is up; and what is left behind.

#include <string>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/acceptor.hpp>
#include <sel/messenger.hpp>
#include <sel/rpc.hpp>

namespace {

using namespace std::chrono_literals;
using sel::Clock;
using sel::Endpoint;
using sel::LibraryError;
using sel::LimitedEndpoint;
using sel::Message;
using sel::abi::ErrorCode;
using sel::abi::KeepRoot;
using test::check;
using test::Stage;

constexpr auto limit = 2ms;
constexpr uint64_t memory_pages = 256;

/// Answers its argument plus one, after some nanoseconds.
constexpr sel::rpc::Method<1, uint64_t(uint64_t, uint64_t)> after;
/// The same text.
constexpr sel::rpc::Method<2, sel::rpc::Text<400>(sel::rpc::Text<400>)> echo;
/// A child of the capability that is given.
constexpr sel::rpc::Method<3, sel::rpc::Mapped<sel::Notification>(sel::rpc::Mapped<sel::Notification>)> pass;

void spin(std::chrono::nanoseconds length) {
    const auto start = Clock::now();
    while (Clock::now() - start < length) {}
}

/// What a server's thread does with its requests.
class Server {
public:
    explicit Server(Stage& stage)
        : requests(stage.make<Endpoint>()),
          never(stage.make<sel::Notification>()),
          reply_(stage.make<sel::Reply>()),
          into_(stage.table(), sel::own_slots()),
          arrival_(sel::or_abort(sel::own_slots().allocate(), "finding a slot")),
          table_(stage.table()) {}

    void operator()() {
        (void)into_.reopen(arrival_, 1);
        auto next = requests.receive(reply_);
        while (next) {
            const Message answer = serve(next->message);
            next = requests.reply_receive(reply_, answer);
            if (!next) next = requests.receive(reply_);  // the caller has left
        }
    }

    Endpoint requests;
    sel::Notification never;
    uint64_t served = 0;

private:
    Message serve(const Message& request) {
        ++served;
        if (request.label() == 1) {
            const uint64_t delay = request.word(1);
            if (delay == ~uint64_t{0}) (void)never.wait();
            spin(std::chrono::nanoseconds(delay));
            return Message(0, request.word(0) + 1);
        }
        Message answer(0);
        if (request.items() != 0) {
            // The window is to be empty again when the answer leaves.
            if (const auto kept = into_.keep(arrival_)) (void)answer.append(sel::mapped_item(*kept, test::all_rights));
            return answer;
        }
        // Read to the end before the answer is written into the same buffer.
        std::array<char, 400> text{};
        const auto bytes = request.bytes(0, text);
        if (bytes) (void)answer.append(*bytes);
        return answer;
    }

    sel::Reply reply_;
    sel::Acceptor into_;
    sel::CapIndex arrival_;
    sel::CapTable table_;
};

template <typename T>
bool timed_out(const sel::Result<T>& result) {
    return !result && result.error().is(LibraryError::timed_out);
}

/// Everything that a messenger needs, and a server of lower priority.
struct Setting {
    explicit Setting(Stage& stage, const test::Role& role = {.priority = 90, .budget_us = 5000, .period_us = 5000})
        : stage(stage), server(stage), actor(stage.start(role, server)), limited(messenger, server.requests, limit) {
        test::succeeds(messenger.start(), "starting a messenger");
    }
    ~Setting() { stage.destroy(actor); }

    static sel::Workspace& work(Stage& stage) {
        static sel::Workspace work({stage.table(), stage.space(), sel::own_slots(), addresses()});
        if (work.memory().free_pages() == 0) {
            test::succeeds(work.memory().add(stage.make<sel::Untyped>(memory_pages), memory_pages), "adding memory");
        }
        return work;
    }
    static sel::AddressAllocator& addresses() {
        static sel::AddressAllocator addresses;
        constexpr uint64_t bytes = 64 << 20;
        if (addresses.available() == 0) {
            const auto first = sel::or_abort(sel::own_addresses().allocate(bytes), "finding addresses");
            test::succeeds(addresses.add(first, bytes), "taking addresses");
        }
        return addresses;
    }
    static sel::OwnThread::Means means(Stage& stage) {
        static const sel::Task task = sel::or_abort(sel::make_own_task(work(stage)), "making a task");
        return {work(stage), task, stage.thread(), stage.time()};
    }

    Stage& stage;
    Server server;
    test::Actor actor;
    sel::Messenger messenger{means(stage), {.caller = 95, .alarm = 105}, stage.make<sel::Notification>()};
    LimitedEndpoint limited;
};

void answer_in_time(Stage& stage) {
    Setting with(stage);
    for (uint64_t number = 0; number < 100; ++number) {
        check(after(with.limited, number, 0) == number + 1, "an answer at once");
    }
    check(after(with.limited, 7, 1'000'000) == 8, "an answer in half of the time");
    const std::string text(400, 'x');
    const auto back = echo(with.limited, text);
    check(back && back->view() == text, "a long message there and back");

    const sel::Acceptor into(stage.table(), sel::own_slots());
    const auto bell = stage.make<sel::Notification>();
    const auto child = pass(with.limited, into, sel::rpc::Mapped<sel::Notification>{bell, test::all_rights, 4});
    if (test::succeeds(child, "a capability there and back")) {
        test::succeeds(child->signal(), "using it");
        check(bell.poll() == 4, "it is the one that was sent");
    }
}

void never_answer(Stage& stage) {
    Setting with(stage);
    const auto start = Clock::now();
    check(timed_out(after(with.limited, 1, ~uint64_t{0})), "who gets no answer is told when the time is up");
    const auto waited = duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
    sel::println("told after {} us", waited);
    check(waited >= 2000 && waited < 2200, "and not before, nor much later");
    test::succeeds(with.server.never.signal(), "letting the server go on");
    check(after(with.limited, 5, 0) == 6, "it serves again");
}

/// The server has no end: on its own time, below the owner's; and on the caller's, which that takes home.
void never_end(Stage& stage) {
    Setting with(stage);
    check(timed_out(after(with.limited, 1, 1'000'000'000'000)), "who keeps the processor does not keep the caller");
    Setting passive(stage, {.priority = 101});
    test::succeeds(passive.actor.time.unbind(), "a server that waits gives its time back");
    test::succeeds(passive.actor.thread.set_priority({.priority = 92, .maximum = 92, .authority = stage.thread()}),
                   "and is less urgent than its clients");
    check(after(passive.limited, 1, 0) == 2, "a server without time of its own works on the caller's");
    check(timed_out(after(passive.limited, 1, 1'000'000'000'000)), "and not for longer than that waits");
}

/// Answers that come about when the time is up: each is the right one, or there is none.
void answer_at_the_limit(Stage& stage) {
    Setting with(stage);
    uint64_t answered = 0, late = 0, wrong = 0;
    constexpr uint64_t calls = 400;
    for (uint64_t number = 0; number < calls; ++number) {
        // From 200 us before the limit to 40 us after it, in steps that meet everything there is to meet.
        const uint64_t delay = 2'000'000 - 200'000 + number * 600;
        const auto result = after(with.limited, number, delay);
        if (result == number + 1) {
            ++answered;
        } else if (timed_out(result)) {
            ++late;
        } else {
            ++wrong;
        }
    }
    sel::println("{} answered, {} too late", answered, late);
    check(wrong == 0, "no answer is another call's");
    check(answered > calls / 10 && late > calls / 10, "some are in time, some are not");
    check(with.server.served <= calls, "no request is made twice");
}

void refuse(Stage& stage) {
    Setting with(stage);
    const auto call = [&](Endpoint server) { return with.messenger.call(server, Message(1, 0, 0), limit); };
    const auto empty = sel::or_abort(sel::own_slots().allocate(), "finding a slot");
    test::refuses(call(Endpoint(empty)), ErrorCode::empty_slot, "no endpoint");
    const auto readable = stage.derive(with.server.requests, sel::abi::RightsMask(sel::abi::Right::read));
    test::refuses(call(readable), ErrorCode::missing_right, "an endpoint to receive from");
    test::refuses(with.messenger.call(with.server.requests, Message(1, 0, 0), std::chrono::hours(1) + 1ns),
                  ErrorCode::argument_out_of_range, "more than an hour");
    test::refuses(with.messenger.call(with.server.requests, Message(1, 0, 0), std::chrono::nanoseconds::max()),
                  ErrorCode::argument_out_of_range, "nor for ever");
    const auto nobody = stage.make<Endpoint>();
    check(timed_out(call(nobody)), "an endpoint where nobody receives");
    auto destroy = [&] { stage.unmap(nobody, KeepRoot::self); };
    const auto destroyer = stage.start({.priority = 80}, destroy);
    test::refuses(call(nobody), ErrorCode::cancelled, "an endpoint that goes meanwhile");
    stage.wait_for(destroyer);
    sel::Messenger idle(Setting::means(stage), {.caller = 95, .alarm = 105}, stage.make<sel::Notification>());
    const auto without_alarm = idle.call(with.server.requests, Message(1, 0, 1'000'000), limit);
    check(!without_alarm && without_alarm.error().is(LibraryError::not_held), "a messenger that was not started");
}

}  // namespace

int main() {
    test::begin();
    {
        Stage stage;
        sel::Workspace& work = Setting::work(stage);
        (void)Setting::means(stage);
        const uint64_t addresses = Setting::addresses().available();
        for (void (*part)(Stage&) : {answer_in_time, never_answer, never_end, answer_at_the_limit, refuse}) {
            part(stage);
        }
        check(Setting::addresses().available() == addresses, "all stacks are gone");
        check(work.memory().free_pages() > memory_pages - 10, "and their memory is back");
    }
    return test::finish();
}
