// SPDX-License-Identifier: BSD-2-Clause
// Invariants of what tasks, threads and interrupt handlers keep beside their slots, and of interrupt lines.
#include "capability/capability_space.hpp"
#include "invariants/object_checks.hpp"
#include "invariants/object_walk.hpp"
#include "machine.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/notification.hpp"
#include "ipc/reply.hpp"
#include "object/interrupt_handler.hpp"
#include "object/page_table.hpp"
#include "object/task.hpp"
#include "object/thread.hpp"

namespace selene::invariant {

namespace {

/// The objects of a tree, to be asked whether one lives.
class Living {
public:
    explicit Living(DerivationTree& tree) : tree_(tree) {}

    /// Whether a reference is null or names a living object of this type.
    [[nodiscard]] bool null_or(CapType type, const void* reference) const {
        return reference == nullptr || names(type, reference);
    }
    [[nodiscard]] bool names(CapType type, const void* reference) const {
        return each_origin(tree_,
                           [&](Slot& origin) -> Violation {
                               return origin.type() == type && origin.object<void>() == reference
                                          ? Violation{"", nullptr}
                                          : Violation{};
                           })
            .found();
    }
    /// The same of an address within a page table.
    [[nodiscard]] bool null_or_in_table(const uint64_t* entry) const {
        if (entry == nullptr) return true;
        const PageTable* table = &PageTable::of_entry(entry);
        return names(CapType::page_table, table) || names(CapType::address_space, table);
    }

private:
    DerivationTree& tree_;
};

/// Those before are raised by software, by nobody yet; a controller may have them unmasked for ever.
constexpr unsigned first_line = 16;

CapType type_waited_on(ThreadState state) {
    switch (state) {
    case ThreadState::waiting: return CapType::notification;
    case ThreadState::called_donating:
    case ThreadState::called_keeping:
    case ThreadState::faulted_donating:
    case ThreadState::faulted_keeping: return CapType::reply;
    default: return CapType::endpoint;
    }
}

bool thread_names_living(const Living& living, const Thread& thread) {
    for (const Thread* other : {thread.next, thread.previous, thread.lower[0], thread.lower[1]}) {
        if (!living.null_or(CapType::thread, other)) return false;
    }
    return living.null_or(CapType::task, thread.task) && living.null_or(CapType::reply, thread.reply) &&
           living.null_or(type_waited_on(thread.state()), thread.blocked_on) &&
           living.null_or(CapType::notification, thread.bound) &&
           living.null_or(CapType::sched_context, thread.own_context);
}

bool names_living(const Living& living, const Slot& origin) {
    switch (origin.type()) {
    case CapType::thread: return thread_names_living(living, *origin.object<Thread>());
    case CapType::task: return living.null_or(CapType::address_space, origin.object<Task>()->space);
    case CapType::reply: {
        const Reply& reply = *origin.object<Reply>();
        return living.null_or(CapType::thread, reply.caller) && living.null_or(CapType::thread, reply.holder);
    }
    case CapType::endpoint: {
        const Endpoint& endpoint = *origin.object<Endpoint>();
        for (const WaitQueue* queue : {&endpoint.passive_receivers, &endpoint.donors, &endpoint.active_receivers,
                                       &endpoint.plain_receivers, &endpoint.senders}) {
            if (!living.null_or(CapType::thread, queue->first())) return false;
        }
        return true;
    }
    case CapType::notification: {
        const Notification& notification = *origin.object<Notification>();
        return living.null_or(CapType::thread, notification.bound) &&
               living.null_or(CapType::thread, notification.waiters.first());
    }
    case CapType::sched_context: {
        const SchedContext& context = *origin.object<SchedContext>();
        return living.null_or(CapType::thread, context.home) && living.null_or(CapType::thread, context.waiter);
    }
    case CapType::address_space: return living.null_or(CapType::task, origin.object<PageTable>()->active_task());
    case CapType::page_table: return living.null_or_in_table(origin.object<PageTable>()->parent_entry());
    default: return true;
    }
}

bool core_names_living(const Living& living, const Core& core) {
    for (unsigned priority = 0; priority < abi::priorities; ++priority) {
        if (!living.null_or(CapType::thread, core.ready.first(static_cast<uint8_t>(priority)))) return false;
    }
    return living.null_or(CapType::thread, core.current) && living.null_or(CapType::thread, core.fpu_owner) &&
           living.null_or(CapType::sched_context, core.context) &&
           living.null_or(CapType::sched_context, core.release.first());
}

}  // namespace

Violation check_task(Task& task) {
    const Slot& table = task.table_slot;
    if (!table.empty() && table.type() != CapType::installed_table) return {"a task's table slot holds a table", &task};
    const bool flat = !table.empty() && is_flat(table.capability());
    const Slot* slots = flat ? table.object<CapTable>()->slots() : &no_slot;
    if (task.table != slots || task.count != (flat ? table.object<CapTable>()->count() : 0))
        return {"a task's table is its slot's", &task};
    const Slot& space = task.space_slot;
    if (!space.empty() && space.type() != CapType::installed_space) return {"a task's space slot holds a space", &task};
    if (task.space != (space.empty() ? nullptr : space.object<PageTable>()))
        return {"a task's space is its slot's", &task};
    if (!task.fault_slot.empty() && task.fault_slot.type() != CapType::installed_endpoint)
        return {"a task's fault slot holds an endpoint", &task};
    if (!task.timeout_slot.empty() && task.timeout_slot.type() != CapType::installed_endpoint)
        return {"a task's time-out slot holds an endpoint", &task};
    return {};
}

Violation check_thread(Thread& thread) {
    if (thread.task != (thread.task_slot.empty() ? nullptr : thread.task_slot.object<Task>()))
        return {"a thread's task is its slot's", &thread};
    const Slot& slot = thread.buffer_slot;
    if (slot.empty() != (thread.buffer == nullptr)) return {"a thread's buffer is its slot's", &thread};
    if (thread.buffer == nullptr) return {};
    const uint64_t offset = machine::physical(thread.buffer).value() - Frame(slot).base().value();
    return offset < Frame(slot).bytes() ? Violation{} : Violation{"a thread's buffer lies in its frame", &thread};
}

Violation references_name_living_objects(Kernel& kernel, Core& core) {
    const Living living(kernel.tree);
    if (!core_names_living(living, core)) return {"what the core names lives", &core};
    for (unsigned line = 0; line < InterruptLines::maximum; ++line) {
        if (!living.null_or(CapType::interrupt_handler, kernel.lines.handler(line)))
            return {"a line's handler lives", kernel.lines.handler(line)};
    }
    for (unsigned tag = 1; tag < machine::tag_count() && tag < AddressTags::maximum; ++tag) {
        const PageTable* space = kernel.tags.space(AddressTag(static_cast<uint16_t>(tag)));
        if (!living.null_or(CapType::address_space, space)) return {"a tag's space lives", space};
    }
    return each_origin(kernel.tree, [&](Slot& origin) -> Violation {
        return names_living(living, origin) ? Violation{} : Violation{"what an object names lives", &origin};
    });
}

Violation lines_are_masked_while_nobody_listens(Kernel& kernel, Core&) {
    for (unsigned line = first_line; line < machine::interrupt_lines(); ++line) {
        const InterruptHandler* handler = kernel.lines.handler(line);
        const bool heard = line == machine::timer_line() || (handler != nullptr && !handler->notification_slot.empty());
        if (machine::interrupt_unmasked(line) != heard)
            return {"a line is unmasked exactly when somebody listens", &kernel.lines};
    }
    return {};
}

Violation cached_values_agree(Kernel& kernel, Core&) {
    const Violation in_task = each_object<Task>(kernel.tree, CapType::task, check_task);
    if (in_task.found()) return in_task;
    return each_object<Thread>(kernel.tree, CapType::thread, check_thread);
}

Violation interrupt_lines_are_inverse(Kernel& kernel, Core&) {
    unsigned issued = 0;
    const Violation in_handler = each_object<InterruptHandler>(
        kernel.tree, CapType::interrupt_handler, [&](InterruptHandler& handler) -> Violation {
            if (handler.line == 0)
                return handler.notification_slot.empty()
                           ? Violation{}
                           : Violation{"a handler without line delivers nothing", &handler};
            ++issued;
            if (handler.active != 0 && handler.notification_slot.empty())
                return {"an active handler has someone to tell", &handler};
            return kernel.lines.handler(handler.line) == &handler
                       ? Violation{}
                       : Violation{"a line's handler is the one that has it", &handler};
        });
    if (in_handler.found()) return in_handler;
    for (unsigned line = 0; line < InterruptLines::maximum; ++line) {
        if (kernel.lines.handler(line) != nullptr && issued-- == 0)
            return {"a line's handler lives", kernel.lines.handler(line)};
    }
    return {};
}

}  // namespace selene::invariant
