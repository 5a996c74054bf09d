// SPDX-License-Identifier: BSD-2-Clause
// Worlds of threads that talk.
#include "worlds.hpp"

namespace selene::test {

namespace {

using enum ObjectType;
using abi::SystemCall;

constexpr uint64_t fault_place = static_cast<uint64_t>(abi::TaskSlot::fault_endpoint);

/// An endpoint and a Reply, and a second thread that may be ended, like these and its time.
void set_up_pair(Stage& stage) {
    stage.thread();
    const Made other = stage.thread();
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(endpoint));
    stage.grant(2, stage.make(reply));
    stage.grant(3, other.thread);
    stage.grant(4, other.context);
}

/// The same with another Reply and a passive thread.
void set_up_trio(Stage& stage) {
    stage.thread();
    stage.thread();
    const Made passive = stage.thread({.passive = true});
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(endpoint));
    stage.grant(2, stage.make(reply));
    stage.grant(3, stage.make(reply));
    stage.grant(4, passive.thread);
}

/// Two threads with time, of which one may be ended, a passive one, and all they can talk through.
void set_up_crowd(Stage& stage) {
    stage.thread();
    const Made other = stage.thread();
    const Made passive = stage.thread({.passive = true});
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(endpoint));
    stage.grant(2, stage.make(reply));
    stage.grant(3, stage.make(reply));
    stage.grant(4, stage.make(notification));
    stage.grant(5, passive.thread);
    stage.grant(6, other.context);
}

/// A notification beside an endpoint and a Reply.
void set_up_signals(Stage& stage) {
    stage.thread();
    const Made other = stage.thread();
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(endpoint));
    stage.grant(2, stage.make(reply));
    stage.grant(3, stage.make(notification));
    stage.grant(4, other.thread);
    stage.grant(5, other.context);
}

/// A thread in a task of its own, whose faults go to the endpoint.
void set_up_faults(Stage& stage) {
    stage.thread();
    const Made faulty = stage.thread({.own_task = true});
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(endpoint));
    stage.grant(2, stage.make(reply));
    stage.grant(3, faulty.thread);
    stage.grant(4, faulty.task);
    stage.grant(5, faulty.context);
}

/// Two threads with buffers, and capabilities to send.
void set_up_items(Stage& stage) {
    stage.thread({.buffered = true});
    stage.thread({.buffered = true});
    stage.give(0, stage.common_table());
    stage.grant(1, stage.make(endpoint));
    stage.grant(2, stage.make(untyped, 1));
}

Form call_form() { return invocation_form("call", SystemCall::call, endpoint); }
Form send_form() { return invocation_form("send", SystemCall::send, endpoint); }
Form try_send_form() { return invocation_form("try_send", SystemCall::try_send, endpoint); }
Form answer_form() { return invocation_form("answer", SystemCall::send, reply); }
Form signal_form() { return invocation_form("signal", SystemCall::signal, notification); }
Form wait_form() { return invocation_form("wait", SystemCall::wait, notification); }
Form poll_form() { return invocation_form("poll", SystemCall::poll, notification); }

/// An answer to a fault that ends who has faulted.
Form condemn_form() {
    Form form = answer_form();
    form.name = "condemn";
    form.label = 1;
    return form;
}

}  // namespace

std::vector<Listed> message_worlds() {
    const Form receive = receive_form("receive", SystemCall::receive);
    const Form try_receive = receive_form("try_receive", SystemCall::try_receive);
    const Form reply_receive = receive_form("reply_receive", SystemCall::reply_receive);
    return {
        {.description = {.name = "pair",
                         .slots = 7,
                         .set_up = set_up_pair,
                         .forms = {call_form(), send_form(), try_send_form(), answer_form(), receive, try_receive,
                                   reply_receive, suspend_form(), resume_form(), bind_context_form(),
                                   unbind_context_form(), unmap_form()}}},
        {.description = {.name = "trio",
                         .slots = 7,
                         .set_up = set_up_trio,
                         .forms = {call_form(), send_form(), answer_form(), receive, reply_receive, suspend_form(),
                                   resume_form(), unmap_form()}}},
        {.description = {.name = "crowd",
                         .slots = 9,
                         .set_up = set_up_crowd,
                         .forms = {call_form(), send_form(), answer_form(), receive, reply_receive, signal_form(),
                                   wait_form(), bind_notification_form(), suspend_form(), resume_form(),
                                   bind_context_form(), unbind_context_form(), unmap_form()},
                         .most_pending = 1},
         .in_long_run_only = true},
        {.description = {.name = "signals",
                         .slots = 8,
                         .set_up = set_up_signals,
                         .forms = {signal_form(), wait_form(), poll_form(), bind_notification_form(),
                                   unbind_notification_form(), call_form(), send_form(), receive, reply_receive,
                                   suspend_form(), resume_form(), unbind_context_form(), unmap_form()}}},
        {.description = {.name = "faults",
                         .slots = 8,
                         .set_up = set_up_faults,
                         .forms = {fault_form(), answer_form(), condemn_form(), receive, reply_receive,
                                   install_form({fault_place}), remove_form({fault_place}), suspend_form(),
                                   resume_form(), unbind_context_form(), bind_context_form(), unmap_form()}}},
        {.description = {.name = "items",
                         .slots = 5,
                         .set_up = set_up_items,
                         .forms = {item_form("send", SystemCall::send), item_form("try_send", SystemCall::try_send),
                                   window_form("receive", SystemCall::receive),
                                   window_form("try_receive", SystemCall::try_receive), unmap_form()},
                         .most_pending = 0}},
        {.description = {.name = "items meet unmaps",
                         .slots = 5,
                         .set_up = set_up_items,
                         .forms = {item_form("send", SystemCall::send), item_form("try_send", SystemCall::try_send),
                                   window_form("receive", SystemCall::receive),
                                   window_form("try_receive", SystemCall::try_receive), unmap_form()}},
         .in_long_run_only = true},
    };
}

}  // namespace selene::test
