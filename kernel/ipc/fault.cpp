// SPDX-License-Identifier: BSD-2-Clause
// Faults: their messages, their delivery, and the end of a thread by one.
#include "ipc/ipc.hpp"
#include "ipc/message.hpp"
#include "ipc/rendezvous.hpp"
#include "machine.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::ipc {

using abi::Tag;

namespace {

/// All words of a message; those that are not given are 0.
void write_words(Thread& receiver, uint64_t word0, uint64_t word1, uint64_t word2 = 0, uint64_t word3 = 0)
    SELENE_REQUIRES(own_core) {
    uint64_t* words = receiver.registers.x + 2;
    words[0] = word0;
    words[1] = word1;
    words[2] = word2;
    words[3] = word3;
    words[4] = words[5] = 0;
    words[6] = words[7] = 0;
    static_assert(abi::register_words == 8);
}

}  // namespace

Tag write_fault(const Thread& faulted, Thread& receiver) {
    const uint64_t address = faulted.fault_address;
    const uint64_t syndrome = faulted.fault_syndrome;
    switch (static_cast<abi::FaultKind>(Tag(faulted.message_tag).label())) {
    [[likely]] case abi::FaultKind::page_fault:
        write_words(receiver, address, machine::fault_access(syndrome), faulted.pc, syndrome);
        break;
    case abi::FaultKind::unknown_system_call:
        write_words(receiver, machine::unknown_system_call(syndrome), faulted.pc);
        break;
    case abi::FaultKind::user_exception: write_words(receiver, syndrome, faulted.pc, address); break;
    case abi::FaultKind::timeout: write_words(receiver, address, syndrome); break;
    }
    return Tag(faulted.message_tag);
}

void note_fault(Thread& thread, const Slot& slot, abi::FaultKind kind) {
    thread.message_tag =
        Tag{}.with_label(static_cast<uint32_t>(kind)).with_fault().with_length(abi::register_words / 2).raw();
    thread.message_badge = slot.capability().word1();
}

namespace {

/// Tell who handles such faults; whether there is somebody, now or later.
bool tell(Core& core, Thread& thread, const Slot& slot, abi::FaultKind kind) SELENE_REQUIRES(own_core) {
    if (slot.empty() || !slot.capability().allows(rights::write)) return false;
    Endpoint& endpoint = *slot.object<Endpoint>();
    const Held held(endpoint.lock);
    // Who has no time to lend needs a handler that has some.
    const bool donates = (&thread == core.current ? core.context : thread.context) != nullptr;
    Thread* handler = donates ? receiver_for_donor(endpoint) : endpoint.active_receivers.first();
    if (donates && may_not_lend(thread, handler)) return false;
    const bool deaf = !endpoint.passive_receivers.empty() || !endpoint.plain_receivers.empty();
    if (handler == nullptr && !donates && deaf) return false;
    note_fault(thread, slot, kind);
    if (handler == nullptr) {
        block(core, thread, donates ? ThreadState::faulting : ThreadState::faulting_alone, &endpoint);
        queue_of(thread)->insert(thread);
        return true;
    }
    if (handler->state() == ThreadState::unfinished) {
        lend_to_finish(core, thread, *handler, ThreadState::faulted_donating);
        return true;
    }
    const Tag tag = write_fault(thread, *handler);
    dequeue(*handler);
    lend(core, thread, *handler, ThreadState::faulted_donating, ThreadState::faulted_keeping);
    message::deliver(*handler, thread.message_badge, tag);
    scheduler::make_runnable(core, *handler);
    return true;
}

}  // namespace

void raise_fault(Core& core, abi::FaultKind kind) {
    Thread& thread = *core.current;
    if (tell(core, thread, thread.task->fault_slot, kind)) return;
    if (thread.reply != nullptr) quit(core, *thread.reply);
    block(core, thread, ThreadState::inactive, nullptr);
}

bool raise_timeout(Core& core, Thread& thread, abi::TimeoutCause cause) {
    if (thread.task == nullptr) return false;
    thread.fault_address = thread.context != nullptr ? thread.context->consumed : 0;
    thread.fault_syndrome = static_cast<uint64_t>(cause);
    return tell(core, thread, thread.task->timeout_slot, abi::FaultKind::timeout);
}

void end_by_fault(Core& core, Thread& thread) {
    thread.set_state(ThreadState::inactive);
    if (thread.reply != nullptr) quit(core, *thread.reply);
}

}  // namespace selene::ipc
