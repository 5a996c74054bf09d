// SPDX-License-Identifier: BSD-2-Clause
// Serves ipc_protocol.hpp.
//
// From its specification:
//     requests   endpoint (R); a Reply `answer`
//     next       endpoint (W, P), optional: whom to pass `forward` on to
//     gift       notification: what it gives away
//     table, space, memory   its own, and an untyped of 16 pages for page tables

#include <checks.hpp>

#include <sel/environment.hpp>
#include <sel/mapper.hpp>

#include "ipc_protocol.hpp"

namespace {

using ipc_test::Request;
using sel::Message;
using sel::or_abort;

struct Server {
    const sel::Environment& given = sel::environment();
    sel::CapTable table = or_abort(given.capability<sel::CapTable>("table"), "finding the table");
    sel::AddressSpace space = or_abort(given.capability<sel::AddressSpace>("space"), "finding the space");
    sel::Notification gift = or_abort(given.notification("gift"), "finding the gift");
    sel::UntypedAllocator memory{table, sel::own_slots()};
    sel::Mapper mapper{space, table, memory, sel::own_addresses()};
    sel::CapIndex window = or_abort(sel::own_slots().allocate(ipc_test::window_slots), "finding slots");

    Server() {
        constexpr uint64_t pages = 16;
        or_abort(memory.add(or_abort(given.capability<sel::Untyped>("memory"), "finding memory"), pages), "taking it");
        or_abort(sel::set_receive_window(table.index(), window.raw(), ipc_test::window_slots), "opening the window");
    }

    Message handle(uint64_t badge, const Message& request) {
        switch (static_cast<Request>(request.label())) {
        case Request::echo: return echo(request);
        case Request::whose: return Message(0, badge);
        case Request::forward: return forward(request);
        case Request::signal: return signal(request);
        case Request::fill: return fill(request);
        case Request::give: return give();
        case Request::listen: return Message(0, gift.poll().value_or(~uint64_t{0}));
        case Request::pass_by: return Message(0, request.items());
        }
        return Message(1);
    }

    static Message echo(const Message& request) {
        // The words beyond the eighth are read from the buffer before they are written there again.
        Message answer;
        for (uint32_t word = 0; word < request.length(); ++word) {
            (void)answer.append(request.word(word) + 1);
        }
        return answer;
    }

    Message forward(const Message& request) {
        const auto next = given.endpoint("next");
        if (!next) {
            return Message(0, request.word(0) + 1);
        }
        const auto answer = next->call(Message(Request::forward, request.word(0)));
        return answer ? Message(0, answer->word(0) + 1) : Message(1);
    }

    Message signal(const Message& request) {
        uint64_t signal_error = 0;
        uint64_t poll_error = 0;
        for (uint32_t item = 0; item < request.items(); ++item) {
            const sel::Notification notification(window + item);
            const auto signalled = notification.signal();
            const auto polled = item == 0 ? notification.poll() : 0;
            signal_error = signalled || signal_error != 0 ? signal_error : signalled.error().code;
            poll_error = polled || poll_error != 0 ? poll_error : polled.error().code;
        }
        return Message(0, request.items(), signal_error, poll_error);
    }

    Message fill(const Message& request) {
        const auto address = mapper.map({.first = window, .count = 1});
        if (!address) {
            return Message(1);
        }
        auto* const word = reinterpret_cast<volatile uint64_t*>(*address);
        const uint64_t before = *word;
        *word = request.word(0);
        or_abort(mapper.unmap(*address, {.first = window, .count = 1}), "unmapping");
        return Message(0, before);
    }

    Message give() {
        Message answer;
        (void)answer.append(sel::mapped_item(gift.index(), sel::abi::Right::read));
        (void)answer.append(sel::mapped_item(gift.index(), sel::abi::Right::write, 16));
        return answer;
    }
};

}  // namespace

int main() {
    Server server;
    const auto requests = or_abort(server.given.endpoint("requests"), "finding the requests");
    const auto reply = or_abort(server.given.reply("answer"), "finding the reply");
    auto next = requests.receive(reply);
    for (;;) {
        const Message answer = next ? server.handle(next->badge, next->message) : Message(1);
        (void)server.table.unmap(
            {.first = server.window.raw(), .count = ipc_test::window_slots, .root = sel::abi::KeepRoot::self});
        const bool asked = next.has_value();
        next = asked ? requests.reply_receive(reply, answer) : requests.receive(reply);
        if (asked && !next) {
            next = requests.reply_receive(reply, Message(1));  // the answer did not fit, this one does
        }
    }
}
