// SPDX-License-Identifier: BSD-2-Clause
// Answers, and the end of a Reply.
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

using abi::Tag;

namespace {

/// Nobody waits in `reply` any more: its caller, who is settled, goes on.
void dismiss(Core& core, Reply& reply) SELENE_REQUIRES(own_core) {
    Thread& caller = *reply.caller;
    vacate(reply);
    scheduler::make_runnable(core, caller);
}

}  // namespace

Thread* quit(Core& core, Reply& reply) {
    Thread* const worker = lending::take_home(core, reply);
    if (reply.settled != Settled::no) dismiss(core, reply);
    return worker;
}

void disappoint(Core& core, Reply& reply) {
    if (reply.settled != Settled::no) {
        lending::bereave(core, quit(core, reply));
    } else if (reply.caller != nullptr) {
        cancel(core, *reply.caller);
    }
}

Result<void> answer(Core& core, Reply& reply) {
    Thread& server = *core.current;
    Thread* caller = reply.caller;
    if (caller == nullptr) return {};
    const bool settled = reply.settled != Settled::no;
    const Tag tag(server.registers.x[1] & ~Tag::must_arrive_mask);
    const ThreadState state = caller->state();
    const bool faulted = state == ThreadState::faulted_donating || state == ThreadState::faulted_keeping;
    if (!settled) {
        TRY_VOID(message::check(server, tag));
        if (!faulted) TRY_VOID(message::transfer(core, server, *caller, tag));
    }
    // Who is answered for has not given its time back by itself.
    if (Thread* worker = lending::take_home(core, reply); worker != &server) lending::bereave(core, worker);
    if (settled) {
        dismiss(core, reply);
        return {};
    }
    vacate(reply);
    if (faulted && tag.label() != 0) {
        end_by_fault(core, *caller);
        return {};
    }
    if (!faulted) message::deliver(*caller, 0, tag);
    scheduler::make_runnable(core, *caller);
    return {};
}

void abandon(Core& core, Reply& reply) {
    disappoint(core, reply);
    Thread* holder = reply.holder;
    if (holder == nullptr) return;
    if (is_receiving(*holder)) cancel(core, *holder);
    hold(*holder, nullptr);
}

}  // namespace selene::ipc
