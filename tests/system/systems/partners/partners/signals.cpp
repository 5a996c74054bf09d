// SPDX-License-Identifier: BSD-2-Clause
// Notifications: bits, waiting, polling, and a thread that is bound to one. Servers without time of their own.

#include "parts.hpp"

namespace partners {

using sel::Arrival;
using sel::Endpoint;
using sel::Message;
using sel::Notification;
using sel::Result;
using sel::abi::ErrorCode;
using test::check;
using test::refuses;
using test::succeeds;

void check_signals(test::Stage& stage) {
    const auto notification = stage.make<Notification>();
    const auto four = stage.derive(notification, test::all_rights, 4);
    const auto high = stage.derive(notification, test::all_rights, uint64_t{1} << 63);
    check(notification.poll() == 0U, "nothing has been signalled");
    succeeds(four.signal(), "a signal");
    succeeds(high.signal(), "another one");
    succeeds(notification.signal(), "one without badge");
    check(notification.poll() == (uint64_t{1} << 63 | 4 | 1), "the bits are gathered");
    check(notification.poll() == 0U, "and taken");
    succeeds(four.signal(), "a signal that nobody waits for");
    check(notification.wait() == 4U, "is there for who waits later");

    Result<uint64_t> bits = 0;
    auto wait_once = [&] { bits = notification.wait(); };
    const auto waiter = stage.start({.priority = above}, wait_once);
    check(!stage.has_ended(waiter), "a wait waits");
    succeeds(high.signal(), "a signal to who waits");
    check(stage.has_ended(waiter) && bits == uint64_t{1} << 63, "the waiter runs at once");
    check(notification.poll() == 0U, "and has taken the bit");

    // Threads of one task are switched between by the shortest way.
    Result<uint64_t> seen[2];
    auto wait_twice = [&] {
        for (auto& one : seen) one = notification.wait();
    };
    auto signal_twice = [&] {
        (void)four.signal();
        (void)high.signal();
    };
    const auto twice = stage.start({.priority = above}, wait_twice);
    stage.wait_for(stage.start({.priority = below}, signal_twice));
    check(stage.has_ended(twice) && seen[0] == 4U && seen[1] == uint64_t{1} << 63, "each signal brings its own bit");

    // Bound to a thread, it ends the thread's receives.
    const auto endpoint = stage.make<Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    Result<sel::Received> first = sel::refused({ErrorCode::empty_slot});
    Result<sel::Received> second = first;
    Result<sel::Received> third = first;
    auto receive_thrice = [&] {
        first = endpoint.receive(reply);
        second = endpoint.receive(reply);
        third = endpoint.receive(reply);
    };
    const auto receiver = stage.start({.priority = above}, receive_thrice);
    succeeds(notification.bind(receiver.thread), "binding");
    refuses(notification.bind(receiver.thread), ErrorCode::already_bound, "binding twice");
    succeeds(four.signal(), "a signal to the bound thread");
    check(first && first->arrival == Arrival::signal && first->badge == 4, "ends its receive with the bits");
    succeeds(endpoint.send(Message(6)), "a message to the bound thread");
    check(second && second->arrival == Arrival::send && second->message.label() == 6, "is received as ever");
    succeeds(notification.unbind(), "unbinding");
    refuses(notification.unbind(), ErrorCode::not_bound, "unbinding twice");
    succeeds(four.signal(), "a signal after that");
    check(!stage.has_ended(receiver), "does not reach the thread");
    check(notification.poll() == 4U, "but stays in the notification");
    succeeds(endpoint.send(Message(7)), "a last message");
    stage.wait_for(receiver);
    check(third && third->message.label() == 7, "arrives");

    // A signal that came before the receive is taken by it.
    Result<sel::Received> late = sel::refused({ErrorCode::empty_slot});
    auto receive_once = [&] { late = endpoint.receive(); };
    const auto late_receiver = stage.start({.priority = below}, receive_once);
    succeeds(notification.bind(late_receiver.thread), "binding a thread that does not receive yet");
    succeeds(high.signal(), "a signal before it does");
    stage.wait_for(late_receiver);
    check(late && late->arrival == Arrival::signal && late->badge == uint64_t{1} << 63, "ends the receive at once");
}

void check_passive(test::Stage& stage) {
    const auto endpoint = stage.make<Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    Result<void> answered;
    auto serve = [&] {
        auto next = endpoint.receive(reply);
        for (uint64_t count = 1; next; ++count) {
            if (next->message.label() == 2) {
                answered = reply.send(Message());  // it would be left without the time to go on
            }
            next = endpoint.reply_receive(reply, Message(0, count));
        }
    };
    const auto server = stage.start({.priority = above}, serve);
    succeeds(endpoint.call(Message(1)), "a call while the server has its own time");
    succeeds(server.time.unbind(), "taking the server's time");
    auto answer = endpoint.call(Message(1));
    check(answer && answer->word(0) == 2, "a server without time runs on its caller's");
    refuses(endpoint.try_send(Message(1)), ErrorCode::would_block, "a plain send has no time to give");
    answer = endpoint.call(Message(2));
    check(answer && answer->word(0) == 3, "a third call");
    refuses(answered, ErrorCode::lent_budget, "an answer that would strand the server");
    refuses(server.time.bind(server.thread), ErrorCode::wrong_state, "time for a server that waits without");
    check(endpoint.call(Message(1)).has_value(), "and still it serves");
}

}  // namespace partners
