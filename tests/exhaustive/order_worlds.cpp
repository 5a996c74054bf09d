// SPDX-License-Identifier: BSD-2-Clause
// Worlds of threads that talk, in which it matters whose turn it is: priorities, badges that are turned away, time.
#include <catch2/catch_test_macros.hpp>

#include "worlds.hpp"

namespace selene::test {

namespace {

using enum ObjectType;
using abi::SystemCall;

constexpr uint8_t low = 254;
constexpr uint8_t high = 255;

/// Three threads, of which two may change their priorities, wherever they wait.
void set_up_priorities(Stage& stage) {
    stage.thread();
    const Made one = stage.thread();
    const Made other = stage.thread();
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(endpoint));
    stage.grant(2, stage.make(reply));
    stage.grant(3, one.thread);
    stage.grant(4, other.thread);
}

/// Three threads and an endpoint by two badges.
void set_up_cancelling(Stage& stage) {
    stage.thread();
    const Made other = stage.thread();
    stage.thread();
    stage.give(0, stage.common_table());
    const uint64_t shared = stage.make(endpoint);
    stage.give(1, shared, 1);
    stage.give(2, shared, 2);
    stage.grant(3, shared);
    stage.grant(4, stage.make(reply));
    stage.grant(5, other.thread);
}

/// A client that has a unit of time in three, a server without, whose time-outs go to the endpoint that it serves, and
/// one with as much time as there is, who may hear of them. When all of them wait, somebody sees time pass.
void set_up_budgets(Stage& stage) {
    stage.thread();
    const Made client = stage.thread({.budget = 1, .period = 3});
    const Made server = stage.thread({.own_task = true, .passive = true});
    stage.thread({.priority = low, .only_waits = true});
    stage.give(0, stage.common_table());
    const uint64_t shared = stage.make(endpoint);
    REQUIRE(
        cap<stub::Task>(server.task).install(abi::TaskSlot::timeout_endpoint, cap<stub::Endpoint>(shared)).has_value());
    stage.grant(1, shared);
    stage.grant(2, stage.make(reply));
    stage.grant(3, stage.make(reply));
    stage.grant(4, client.thread);
}

}  // namespace

std::vector<Listed> order_worlds() {
    const Form call = invocation_form("call", SystemCall::call, endpoint);
    const Form send = invocation_form("send", SystemCall::send, endpoint);
    const Form answer = invocation_form("answer", SystemCall::send, reply);
    const Form receive = receive_form("receive", SystemCall::receive);
    const Form reply_receive = receive_form("reply_receive", SystemCall::reply_receive);
    Form end_thread = unmap_form();
    end_thread.parameters[1].type = thread;
    return {
        {.description = {.name = "priorities",
                         .slots = 7,
                         .set_up = set_up_priorities,
                         .forms = {call, send, answer, receive, reply_receive, set_priority_form({low, high}),
                                   suspend_form(), resume_form()}}},
        {.description = {.name = "cancelling",
                         .slots = 8,
                         .set_up = set_up_cancelling,
                         .forms = {call, send, receive, cancel_sends_form({1}), end_thread},
                         .most_pending = 1}},
        {.description = {.name = "budgets",
                         .slots = 7,
                         .set_up = set_up_budgets,
                         .forms = {call, answer, receive, reply_receive, pass_form(), yield_form(), suspend_form(),
                                   resume_form(), unmap_form()},
                         .timed = true}},
    };
}

}  // namespace selene::test
