// SPDX-License-Identifier: BSD-2-Clause
// The methods that report state, of all objects. They change nothing.
#include "object/inspection.hpp"

#include "ipc/reply.hpp"
#include "machine.hpp"
#include "object/cap_table.hpp"
#include "object/interrupt_handler.hpp"
#include "object/mapping.hpp"
#include "object/task.hpp"
#include "object/untyped.hpp"

namespace selene {

using abi::ErrorCode;
using abi::ObjectType;
using Memory = IdentityHash::Memory;

/// Stands for an address or a core that there is not.
constexpr uint64_t nothing = ~uint64_t{0};

namespace inspection {

namespace {

/// The public type of what a slot holds, those of an object's own slots included.
ObjectType public_type(CapType type) {
    switch (type) {
    case CapType::installed_table: return ObjectType::cap_table;
    case CapType::installed_space: return ObjectType::address_space;
    case CapType::installed_endpoint: return ObjectType::endpoint;
    case CapType::installed_task: return ObjectType::task;
    case CapType::installed_buffer: return ObjectType::frame;
    case CapType::installed_notification: return ObjectType::notification;
    case CapType::empty:
    case CapType::untyped:
    case CapType::cap_table:
    case CapType::task:
    case CapType::thread:
    case CapType::address_space:
    case CapType::page_table:
    case CapType::frame:
    case CapType::endpoint:
    case CapType::reply:
    case CapType::notification:
    case CapType::sched_context:
    case CapType::interrupt_handler:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control: return object_type(type);
    }
}

void report_frame(const Kernel& kernel, const Slot& slot, SlotReport& report) SELENE_REQUIRES(tree_lock, own_core) {
    const Frame frame(slot);
    report.object = kernel.identities.of_memory(frame.base(), Memory::frame);
    report.size = frame.size_bits();
    if (slot.type() == CapType::installed_buffer) {
        const uint64_t* buffer = Thread::of_buffer_slot(slot).buffer;
        report.detail = machine::physical(buffer) - frame.base();
    } else {
        report.detail = frame.entry() == nullptr ? nothing : mapping::place_of(frame.entry()).address.value();
    }
}

void report_object(const Kernel& kernel, const Slot& slot, SlotReport& report) SELENE_REQUIRES(tree_lock, own_core) {
    const Capability capability = slot.capability();
    switch (report.type) {
    case ObjectType::empty:
    case ObjectType::power_control: return;
    case ObjectType::interrupt_control:
    case ObjectType::schedule_control: report.detail = capability.word1(); return;
    case ObjectType::frame: report_frame(kernel, slot, report); return;
    case ObjectType::untyped: {
        const Untyped untyped(slot);
        report.object = kernel.identities.of_memory(untyped.base(), Memory::untyped);
        report.size = untyped.bytes() / page_bytes;
        return;
    }
    case ObjectType::cap_table: report.size = capability.object<CapTable>()->count(); break;
    case ObjectType::sched_context: report.size = capability.object<SchedContext>()->capacity; break;
    case ObjectType::task:
    case ObjectType::thread:
    case ObjectType::address_space:
    case ObjectType::page_table:
    case ObjectType::endpoint:
    case ObjectType::reply:
    case ObjectType::notification:
    case ObjectType::interrupt_handler: break;
    }
    report.object = kernel.identities.of_object(capability.object<void>());
    report.detail = capability.word1();
}

}  // namespace

SlotReport report(const Kernel& kernel, const Slot& slot) {
    SlotReport report{.type = public_type(slot.type()), .slot = kernel.identities.of_slot(&slot)};
    if (slot.empty()) return report;
    report.rights = slot.capability().rights();
    report.depth = slot.depth();
    const Slot* before = slot.previous();
    if (before != &kernel.tree.anchor()) report.before = kernel.identities.of_slot(before);
    report_object(kernel, slot, report);
    return report;
}

abi::ThreadState state_of(const Thread& thread) {
    switch (thread.state()) {
    case ThreadState::running:
    case ThreadState::ready: return abi::ThreadState::runnable;
    case ThreadState::without_budget: return abi::ThreadState::without_budget;
    case ThreadState::sending: return abi::ThreadState::sending;
    case ThreadState::calling: return abi::ThreadState::calling;
    case ThreadState::called_donating:
    case ThreadState::called_keeping: return abi::ThreadState::awaiting_reply;
    case ThreadState::receiving_passive:
    case ThreadState::receiving_active:
    case ThreadState::receiving_plain: return abi::ThreadState::receiving;
    case ThreadState::waiting: return abi::ThreadState::awaiting_signal;
    case ThreadState::faulting:
    case ThreadState::faulting_alone: return abi::ThreadState::faulting;
    case ThreadState::faulted_donating:
    case ThreadState::faulted_keeping: return abi::ThreadState::faulted;
    case ThreadState::inactive: return abi::ThreadState::inactive;
    case ThreadState::unfinished: return abi::ThreadState::unfinished;
    }
}

Refused refuse_state(const Thread& thread, unsigned argument) {
    return refuse(ErrorCode::wrong_state, argument, static_cast<uint64_t>(state_of(thread)));
}

}  // namespace inspection

// --- Slots ----------------------------------------------------------------------------------------------------

Result<SlotReport> cap_table_inspect(Invocation& call, const CapTableInspect& arguments) {
    const Slot* slot = call.self.object<CapTable>()->slot(arguments.index.value());
    if (slot == nullptr) {
        return refuse(ErrorCode::index_out_of_range, CapTableInspect::Number::index, arguments.index.value());
    }
    return inspection::report(*call.core.kernel, *slot);
}

Result<SlotReport> task_inspect(Invocation& call, const TaskInspect& arguments) {
    return inspection::report(*call.core.kernel, call.self.object<Task>()->slot(arguments.where));
}

Result<SlotReport> thread_inspect_slot(Invocation& call, const ThreadInspectSlot& arguments) {
    const Thread& thread = *call.self.object<Thread>();
    return inspection::report(*call.core.kernel,
                              arguments.where == abi::ThreadSlot::task ? thread.task_slot : thread.buffer_slot);
}

Result<SlotReport> interrupt_handler_inspect_slot(Invocation& call) {
    return inspection::report(*call.core.kernel, call.self.object<InterruptHandler>()->notification_slot);
}

// --- Objects --------------------------------------------------------------------------------------------------

Result<ThreadInspectResult> thread_inspect(Invocation& call) {
    const Thread& thread = *call.self.object<Thread>();
    const IdentityHash& identities = call.core.kernel->identities;
    return ThreadInspectResult{
        .state = inspection::state_of(thread),
        .stopped = thread.stopped() ? 1u : 0u,
        .priority = Priority(thread.priority()),
        .maximum = Priority(thread.maximum_priority),
        .floating_point = static_cast<abi::FloatingPoint>(thread.floating_point),
        .context = identities.of_object(thread.own_context),
        .notification = identities.of_object(thread.bound),
        .waits_for = identities.of_object(thread.blocked_on),
    };
}

Result<SchedContextInspectResult> sched_context_inspect(Invocation& call) {
    const SchedContext& context = *call.self.object<SchedContext>();
    return SchedContextInspectResult{
        .budget = Ticks(context.budget),
        .period = Ticks(context.period),
        .refills = context.limit,
        .core = context.core != nullptr ? context.core->id.value() : nothing,
        .thread = call.core.kernel->identities.of_object(context.home),
        .unreported = Ticks(context.consumed),
    };
}

Result<UntypedInspectResult> untyped_inspect(Invocation& call) {
    const Untyped untyped(call.self);
    return UntypedInspectResult{
        .base = untyped.base().value(),
        .pages = untyped.bytes() / page_bytes,
        .used = call.self.has_children() ? untyped.watermark() : 0,
        .device = untyped.device() ? 1u : 0u,
    };
}

Result<FrameInspectResult> frame_inspect(Invocation& call) {
    const Frame frame(call.self);
    FrameInspectResult result{
        .base = frame.base().value(),
        .bytes = frame.bytes(),
        .device = frame.device() ? 1u : 0u,
    };
    if (const uint64_t* entry = frame.entry(); entry != nullptr) {
        const mapping::Place place = mapping::place_of(frame.entry());
        result.space = call.core.kernel->identities.of_object(place.root);
        result.address = place.address;
        result.rights = machine::PageEntry::rights(*entry);
        result.kind = machine::PageEntry::kind(*entry);
    }
    return result;
}

Result<AddressSpaceInspectResult> address_space_inspect(Invocation& call, const AddressSpaceInspect& arguments) {
    const IdentityHash& identities = call.core.kernel->identities;
    PageTable* table = call.self.object<PageTable>();
    uint64_t* entry = table->entry_for(arguments.address);
    while (machine::PageEntry::is_table(*entry, table->level())) {
        table = table->shadow_of<PageTable>(table->index_of(entry));
        entry = table->entry_for(arguments.address);
    }
    AddressSpaceInspectResult result{.level = table->level(), .table = identities.of_object(table)};
    if (*entry != 0) {
        const Slot& slot = *table->shadow_of<Slot>(table->index_of(entry));
        result.frame = identities.of_memory(Frame(slot).base(), Memory::frame);
        result.slot = identities.of_slot(&slot);
        result.rights = machine::PageEntry::rights(*entry);
        result.kind = machine::PageEntry::kind(*entry);
    }
    return result;
}

Result<ReplyInspectResult> reply_inspect(Invocation& call) {
    const Reply& reply = *call.self.object<Reply>();
    return ReplyInspectResult{.waits = reply.caller != nullptr && reply.settled == Settled::no ? 1u : 0u};
}

Result<InterruptHandlerInspectResult> interrupt_handler_inspect(Invocation& call) {
    const InterruptHandler& handler = *call.self.object<InterruptHandler>();
    return InterruptHandlerInspectResult{
        .line = handler.line, .trigger = handler.trigger, .active = handler.active != 0 ? 1u : 0u};
}

}  // namespace selene
