// SPDX-License-Identifier: BSD-2-Clause
// Answers, and the end of a Reply.
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

using abi::Tag;

Result<void> answer(Core& core, Reply& reply) {
    Thread& server = *core.current;
    Thread* caller = reply.caller;
    if (caller == nullptr) return {};
    if (reply.settled != 0) {
        lending::take_home(core, reply);
        vacate(reply);
        scheduler::make_runnable(core, *caller);
        return {};
    }
    const Tag tag(server.registers.x[1]);
    TRY_VOID(message::check(server, tag));
    const ThreadState state = caller->state();
    const bool faulted = state == ThreadState::faulted_donating || state == ThreadState::faulted_keeping;
    if (!faulted) TRY_VOID(message::transfer(core, server, *caller, tag));
    Thread* const worker = lending::take_home(core, reply);
    // Who is answered for has not given its time back by itself.
    if (worker != &server) lending::bereave(core, worker);
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
    if (reply.caller != nullptr) cancel(core, *reply.caller);
    Thread* holder = reply.holder;
    if (holder == nullptr) return;
    if (is_receiving(*holder)) cancel(core, *holder);
    hold(*holder, nullptr);
}

}  // namespace selene::ipc
