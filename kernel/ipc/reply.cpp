// SPDX-License-Identifier: BSD-2-Clause
// Answers, and the end of a Reply.
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "machine.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

using abi::Tag;

namespace {

/// A thread that waits in a call makes it again when it goes on.
void repeat_call(Thread& caller) SELENE_REQUIRES(own_core) {
    caller.pc -= machine::system_call_bytes;
    caller.registers.pstate = machine::user_pstate;
    caller.resume = ResumeKind::all;
}

}  // namespace

Result<void> answer(Core& core, Reply& reply) {
    Thread& server = *core.current;
    Thread* caller = reply.caller;
    if (caller == nullptr) return {};
    const Settled settled = reply.settled;
    const Tag tag(server.registers.x[1]);
    const ThreadState state = caller->state();
    const bool faulted = state == ThreadState::faulted_donating || state == ThreadState::faulted_keeping;
    if (settled == Settled::no) {
        TRY_VOID(message::check(server, tag));
        if (!faulted) TRY_VOID(message::transfer(core, server, *caller, tag));
    }
    Thread* const worker = lending::take_home(core, reply);
    vacate(reply);
    // Who is answered for has not given its time back by itself.
    if (worker != &server) lending::bereave(core, worker);
    if (settled != Settled::no) {
        if (settled == Settled::again && faulted) {
            raise_again(core, *caller);
            return {};
        }
        if (settled == Settled::again) repeat_call(*caller);
        scheduler::make_runnable(core, *caller);
        return {};
    }
    if (faulted && tag.label() != 0) {
        end_by_fault(core, *caller);
        return {};
    }
    if (!faulted) message::deliver(*caller, 0, tag);
    scheduler::make_runnable(core, *caller);
    return {};
}

void abandon(Core& core, Reply& reply) {
    if (reply.caller != nullptr) cancel(core, *reply.caller);
    Thread* holder = reply.holder;
    if (holder == nullptr) return;
    if (is_receiving(*holder)) cancel(core, *holder);
    hold(*holder, nullptr);
}

}  // namespace selene::ipc
