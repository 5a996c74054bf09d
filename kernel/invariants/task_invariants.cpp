// SPDX-License-Identifier: BSD-2-Clause
// Invariants of what tasks, threads and interrupt handlers keep beside their slots.
#include "capability/capability_space.hpp"
#include "invariants/object_walk.hpp"
#include "machine.hpp"
#include "object/interrupt_handler.hpp"
#include "object/page_table.hpp"
#include "object/task.hpp"
#include "object/thread.hpp"

namespace selene::invariant {

namespace {

Violation check_task(Task& task) {
    const Slot& table = task.table_slot;
    if (!table.empty() && table.type() != CapType::installed_table) return {"a task's table slot holds a table", &task};
    const bool flat = !table.empty() && is_flat(table.capability());
    Slot* slots = flat ? table.object<CapTable>()->slots() : nullptr;
    if (task.table != slots || task.count != (flat ? table.object<CapTable>()->count() : 0))
        return {"a task's table is its slot's", &task};
    const Slot& space = task.space_slot;
    if (!space.empty() && space.type() != CapType::installed_space) return {"a task's space slot holds a space", &task};
    if (task.space != (space.empty() ? nullptr : space.object<PageTable>()))
        return {"a task's space is its slot's", &task};
    if (!task.fault_slot.empty() && task.fault_slot.type() != CapType::installed_endpoint)
        return {"a task's fault slot holds an endpoint", &task};
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

}  // namespace

Violation cached_values_agree(Kernel& kernel, Core&) {
    const Violation in_task = each_object<Task>(kernel.tree, CapType::task, check_task);
    if (in_task.invariant != nullptr) return in_task;
    return each_object<Thread>(kernel.tree, CapType::thread, check_thread);
}

Violation interrupt_lines_are_inverse(Kernel& kernel, Core&) {
    kernel.tree.lock.assert_held();
    unsigned issued = 0;
    const Violation in_handler = each_object<InterruptHandler>(
        kernel.tree, CapType::interrupt_handler, [&](InterruptHandler& handler) -> Violation {
            kernel.tree.lock.assert_held();
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
    if (in_handler.invariant != nullptr) return in_handler;
    for (unsigned line = 0; line < InterruptLines::maximum; ++line) {
        if (kernel.lines.handler(line) != nullptr && issued-- == 0)
            return {"a line's handler lives", kernel.lines.handler(line)};
    }
    return {};
}

}  // namespace selene::invariant
