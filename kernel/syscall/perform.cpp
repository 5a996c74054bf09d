// SPDX-License-Identifier: BSD-2-Clause
// System calls in all their cases: find the capability, do the call.
#include "syscall/perform.hpp"

#include "capability/capability_space.hpp"
#include "ipc/ipc.hpp"
#include "ipc/lending.hpp"
#include "ipc/message.hpp"
#include "scheduling/scheduler.hpp"
#include "syscall/system_call.hpp"

namespace selene {

using abi::ErrorCode;
using abi::SystemCall;
using ipc::Patience;
using ipc::Through;

namespace {

constexpr unsigned reply_register = 10;
constexpr unsigned argument_reply = 2;

/// Refuses a slot, found at an index, that holds no capability of this type and right.
Result<Slot*> fit(Slot* slot, unsigned argument, uint64_t index, CapType type, Rights right) SELENE_REQUIRES(own_core) {
    if (slot->empty()) return refuse(ErrorCode::empty_slot, argument, index);
    if (slot->type() != type)
        return refuse(ErrorCode::wrong_type, argument, static_cast<uint64_t>(object_type(slot->type())));
    if (!slot->capability().allows(right)) return refuse(ErrorCode::missing_right, argument, right.mask());
    return slot;
}

/// The slot that an index names, with a capability of this type and right.
Result<Slot*> named(Thread& thread, unsigned argument, uint64_t index, CapType type, Rights right)
    SELENE_REQUIRES(own_core) {
    TRY(slot, look_up(*thread.task, CapIndex(index), argument));
    return fit(slot, argument, index, type, right);
}

/// The same of x0.
Result<Slot*> invoked(Thread& thread, CapType type, Rights right) SELENE_REQUIRES(own_core) {
    return named(thread, 0, thread.registers.x[0], type, right);
}

Through through(const Slot& slot) {
    return {*slot.object<Endpoint>(), slot.capability().word1(), slot.capability().rights()};
}

/// The Reply that x10 names, null for none.
Result<Reply*> reply_of(Thread& thread) SELENE_REQUIRES(own_core) {
    const uint64_t index = thread.registers.x[reply_register];
    if (CapIndex(index) == no_capability) return nullptr;
    TRY(slot, named(thread, argument_reply, index, CapType::reply, rights::write));
    return slot->object<Reply>();
}

Result<void> do_send(Core& core, Thread& thread, Patience patience) SELENE_REQUIRES(own_core) {
    const uint64_t index = thread.registers.x[0];
    TRY(slot, look_up(*thread.task, CapIndex(index), 0));
    const CapType type = slot->type() == CapType::reply ? CapType::reply : CapType::endpoint;
    TRY_VOID(fit(slot, 0, index, type, rights::write));
    if (type == CapType::endpoint) return ipc::send(core, through(*slot), patience);
    Reply& reply = *slot->object<Reply>();
    if (reply.caller == nullptr) return refuse(ErrorCode::cancelled);
    if (thread.own_context == nullptr && lending::borrower(reply) == &thread) return refuse(ErrorCode::lent_budget, 0);
    TRY_VOID(ipc::answer(core, reply));
    message::deliver(thread, 0, abi::Tag{});
    return {};
}

Result<void> do_receive(Core& core, Thread& thread, Patience patience) SELENE_REQUIRES(own_core) {
    TRY(slot, invoked(thread, CapType::endpoint, rights::read));
    TRY(reply, reply_of(thread));
    // Whoever has only lent it time to come here is no caller that it knows of.
    Reply* lent = thread.reply;
    if (lent != nullptr && lent->settled == Settled::no) lent = nullptr;
    TRY_VOID(ipc::check_receive(core, reply, lent != nullptr ? lent->caller : nullptr));
    if (lent != nullptr) TRY_VOID(ipc::answer(core, *lent));
    return ipc::receive(core, through(*slot), reply, patience);
}

Result<void> do_reply_receive(Core& core, Thread& thread) SELENE_REQUIRES(own_core) {
    TRY(slot, invoked(thread, CapType::endpoint, rights::read));
    TRY(reply, reply_of(thread));
    if (reply == nullptr) return refuse(ErrorCode::no_reply, argument_reply);
    // Repeated, it has given its answer already; the Reply may be another's meanwhile. See ipc::receive.
    const abi::Tag tag(thread.registers.x[1]);
    const bool answers = !tag.error() || reply->settled != Settled::no;
    const bool is_heard = reply->caller != nullptr && reply->settled == Settled::no;
    if (tag.must_arrive() && !is_heard && !tag.error()) return refuse(ErrorCode::not_bound, argument_reply);
    TRY_VOID(ipc::check_receive(core, reply, answers ? reply->caller : nullptr));
    // The answer may grant away the very capability that the slot holds.
    const Through from = through(*slot);
    if (answers) TRY_VOID(ipc::answer(core, *reply));
    return ipc::receive(core, from, reply, Patience::wait);
}

Result<void> do_notification(Core& core, Thread& thread, SystemCall number) SELENE_REQUIRES(own_core) {
    const Rights right = number == SystemCall::signal ? rights::write : rights::read;
    TRY(slot, invoked(thread, CapType::notification, right));
    Notification& notification = *slot->object<Notification>();
    if (number != SystemCall::signal)
        return ipc::wait(core, notification, number == SystemCall::poll ? Patience::refuse : Patience::wait);
    const uint64_t badge = slot->capability().word1();
    message::deliver(thread, 0, abi::Tag{});
    ipc::signal(core, notification, badge != 0 ? badge : 1);
    return {};
}

}  // namespace

Result<void> call_slot(Core& core, Thread& thread, Slot& slot) {
    if (slot.empty()) return refuse(ErrorCode::empty_slot, 0, thread.registers.x[0]);
    if (slot.type() == CapType::endpoint) {
        if (!slot.capability().allows(rights::write)) return refuse(ErrorCode::missing_right, 0, rights::write.mask());
        return ipc::call(core, through(slot));
    }
    const abi::Tag tag(thread.registers.x[1]);
    if ((tag.raw() & ~abi::Tag::user_mask) != 0 || tag.items() != 0) return refuse(ErrorCode::invalid_tag, tag.raw());
    return call_method(core, thread, slot);
}

Result<void> perform(Core& core, Thread& thread, SystemCall number) {
    switch (number) {
    case SystemCall::call: {
        TRY(slot, look_up(*thread.task, CapIndex(thread.registers.x[0]), 0));
        return call_slot(core, thread, *slot);
    }
    case SystemCall::reply_receive: return do_reply_receive(core, thread);
    case SystemCall::send: return do_send(core, thread, Patience::wait);
    case SystemCall::receive: return do_receive(core, thread, Patience::wait);
    case SystemCall::try_send: return do_send(core, thread, Patience::refuse);
    case SystemCall::try_receive: return do_receive(core, thread, Patience::refuse);
    case SystemCall::wait:
    case SystemCall::poll:
    case SystemCall::signal: return do_notification(core, thread, number);
    case SystemCall::yield:
        message::deliver(thread, 0, abi::Tag{});
        scheduler::yield(core);
        return {};
    }
    __builtin_unreachable();
}

}  // namespace selene
