// SPDX-License-Identifier: BSD-2-Clause
// Calls and sends.
#include "ipc/ipc.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

using abi::ErrorCode;
using abi::Tag;

namespace {

/// The receiver that a plain sender meets.
Thread* receiver_for_sender(const Endpoint& endpoint) SELENE_REQUIRES(own_core, endpoint.lock) {
    Thread* active = endpoint.active_receivers.first();
    Thread* plain = endpoint.plain_receivers.first();
    if (active == nullptr || plain == nullptr) return active != nullptr ? active : plain;
    return plain->priority() > active->priority() ? plain : active;
}

void queue_sender(Core& core, const Through& through, ThreadState state, Tag tag)
    SELENE_REQUIRES(own_core, through.endpoint.lock) {
    Thread& sender = *core.current;
    block(core, sender, state, &through.endpoint);
    sender.message_tag = tag.raw();
    sender.message_badge = through.badge;
    queue_of(sender)->insert(sender);
}

Result<void> check_sender(const Thread& sender, Through through, Tag tag) SELENE_REQUIRES(own_core) {
    TRY_VOID(message::check(sender, tag));
    if (tag.items() > 0 && !through.rights.include(rights::transfer))
        return refuse(ErrorCode::missing_right, 0, rights::transfer.mask());
    return {};
}

}  // namespace

Result<void> call(Core& core, Through through) {
    Thread& caller = *core.current;
    const Tag tag(caller.registers.x[1]);
    if (!through.rights.include(rights::reply)) return refuse(ErrorCode::missing_right, 0, rights::reply.mask());
    TRY_VOID(check_sender(caller, through, tag));
    const Held held(through.endpoint.lock);
    Thread* receiver = receiver_for_donor(through.endpoint);
    if (may_not_lend(caller, receiver)) return refuse(ErrorCode::too_many_links, 0, abi::call_depth);
    if (receiver == nullptr) {
        queue_sender(core, through, ThreadState::calling, tag);
        return {};
    }
    if (receiver->state() == ThreadState::unfinished) {
        lend_to_finish(core, caller, *receiver, ThreadState::called_donating);
        return {};
    }
    TRY_VOID(message::transfer(core, caller, *receiver, tag));
    dequeue(*receiver);
    lend(core, caller, *receiver, ThreadState::called_donating, ThreadState::called_keeping);
    message::deliver(*receiver, through.badge, tag);
    scheduler::make_runnable(core, *receiver);
    return {};
}

Result<void> send(Core& core, Through through, Patience patience) {
    Thread& sender = *core.current;
    const Tag tag(sender.registers.x[1]);
    TRY_VOID(check_sender(sender, through, tag));
    const Held held(through.endpoint.lock);
    Thread* receiver = receiver_for_sender(through.endpoint);
    if (receiver == nullptr) {
        if (patience == Patience::refuse) return refuse(ErrorCode::would_block);
        queue_sender(core, through, ThreadState::sending, tag);
        return {};
    }
    TRY_VOID(message::transfer(core, sender, *receiver, tag));
    dequeue(*receiver);
    message::deliver(*receiver, through.badge, tag.with_sent());
    message::deliver(sender, 0, Tag{});
    scheduler::make_runnable(core, *receiver);
    return {};
}

}  // namespace selene::ipc
