// SPDX-License-Identifier: BSD-2-Clause
// Threads whose partner goes away while they wait, and threads that are stopped meanwhile.

#include "parts.hpp"

#include <array>

namespace partners {

using sel::Endpoint;
using sel::Message;
using sel::Result;
using sel::abi::ErrorCode;
using sel::abi::KeepRoot;
using test::check;
using test::refuses;

void check_cancelled(test::Stage& stage) {
    const auto endpoint = stage.make_objects(sel::abi::ObjectType::endpoint, 0, 1);
    const auto point = endpoint.as<Endpoint>();
    const auto receiving = stage.make_objects(sel::abi::ObjectType::endpoint, 0, 1);
    const auto notification = stage.make_objects(sel::abi::ObjectType::notification, 0, 1);

    Result<void> sent;
    Result<Message> called = Message();
    Result<sel::Received> received = sel::Received{};
    Result<uint64_t> waited = 0;
    auto send_once = [&] { sent = point.send(Message(1)); };
    auto call_once = [&] { called = point.call(Message(1)); };
    auto receive_once = [&] { received = receiving.as<Endpoint>().receive(); };
    auto wait_once = [&] { waited = notification.as<sel::Notification>().wait(); };
    const std::array actors = {stage.start({.priority = above}, send_once), stage.start({.priority = above}, call_once),
                               stage.start({.priority = above}, receive_once),
                               stage.start({.priority = above}, wait_once)};
    for (const auto& objects : {endpoint, receiving, notification}) {
        sel::or_abort(stage.memory().release(objects), "destroying an object");
    }
    for (const auto& actor : actors) {
        stage.wait_for(actor);
    }
    refuses(sent, ErrorCode::cancelled, "a sender whose endpoint goes");
    refuses(called, ErrorCode::cancelled, "a caller whose endpoint goes");
    refuses(received, ErrorCode::cancelled, "a receiver whose endpoint goes");
    refuses(waited, ErrorCode::cancelled, "a waiter whose notification goes");
    refuses(point.try_send(Message(1)), ErrorCode::empty_slot, "an endpoint that has gone");

    // A caller that has been received waits for its answer: its endpoint does not matter any more, the Reply does.
    const auto other = stage.make<Endpoint>();
    const auto reply = stage.make_objects(sel::abi::ObjectType::reply, 0, 1);
    auto call_other = [&] { called = other.call(Message(2)); };
    auto caller = stage.start({.priority = above}, call_other);
    check(other.try_receive(reply.as<sel::Reply>()).has_value(), "the caller is received");
    sel::or_abort(stage.memory().release(reply), "destroying the Reply");
    stage.wait_for(caller);
    refuses(called, ErrorCode::cancelled, "a caller whose Reply goes");

    // A server that is destroyed while it serves, with the caller waiting; the Reply goes on to the next one.
    const auto second = stage.make<sel::Reply>();
    auto serve = [&] {
        (void)other.receive(second);
        (void)other.receive();
    };
    const auto server = stage.start({.priority = above}, serve);
    caller = stage.start({.priority = above}, call_other);
    stage.destroy(server);
    check(!stage.has_ended(caller), "a caller waits on though its server has gone");
    check(second.send(Message(3)).has_value(), "somebody else answers");
    stage.wait_for(caller);
    check(called && called->label() == 3, "the answer of somebody else arrives");

    // A caller that is destroyed while it waits for its answer.
    const auto third = stage.make<sel::Reply>();
    auto call_again = [&] { called = other.call(Message(4)); };
    caller = stage.start({.priority = above}, call_again);
    check(other.try_receive(third).has_value(), "another caller is received");
    stage.destroy(caller);
    refuses(third.send(Message(5)), ErrorCode::cancelled, "answering a caller that has gone");
}

void check_stopped(test::Stage& stage) {
    const auto endpoint = stage.make<Endpoint>();
    Result<sel::Received> received = sel::refused({ErrorCode::empty_slot});
    auto receive_once = [&] { received = endpoint.receive(); };
    const auto receiver = stage.start({.priority = above}, receive_once);
    sel::or_abort(receiver.thread.suspend(), "stopping the receiver");
    check(endpoint.try_send(Message(1, 42)).has_value(), "a stopped receiver still receives");
    check(!stage.has_ended(receiver), "but it does not run");
    sel::or_abort(receiver.thread.resume(), "letting the receiver go on");
    check(stage.has_ended(receiver) && received && received->message.word(0) == 42, "it goes on with the message");

    // A thread that is stopped while it runs goes on where it was.
    std::atomic<uint64_t> steps = 0;
    auto count = [&] {
        for (;;) {
            steps.store(steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            sel::yield();
        }
    };
    const auto counter = stage.start({.priority = 100}, count);
    const auto let_run = [] {
        for (int times = 0; times < 20; ++times) sel::yield();
    };
    let_run();
    const uint64_t before = steps.load(std::memory_order_relaxed);
    check(before >= 10, "an equal runs at each yield");
    sel::or_abort(counter.thread.suspend(), "stopping the counter");
    let_run();
    check(steps.load(std::memory_order_relaxed) == before, "a stopped thread does nothing");
    sel::or_abort(counter.thread.resume(), "letting the counter go on");
    let_run();
    check(steps.load(std::memory_order_relaxed) >= before + 10, "a resumed thread goes on");
    stage.destroy(counter);
}

}  // namespace partners
