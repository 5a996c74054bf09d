// SPDX-License-Identifier: BSD-2-Clause
// Ends of capabilities and objects, type by type.
#include "object/lifecycle.hpp"

#include "ipc/ipc.hpp"
#include "machine.hpp"
#include "object/interrupt_handler.hpp"
#include "object/mapping.hpp"
#include "object/task.hpp"
#include "scheduling/scheduler.hpp"

namespace selene::lifecycle {

namespace {

Task& task_of(Slot& slot, size_t offset) { return *reinterpret_cast<Task*>(reinterpret_cast<char*>(&slot) - offset); }

void leave_space(Core& core, Task& task) SELENE_REQUIRES(tree_lock, own_core) {
    if (task.space != nullptr && task.space->active_task() == &task) core.kernel->tags.deactivate(*task.space);
    task.space = nullptr;
    // The current thread must not go on in a space that its task has lost, nor the walker meet it while it is taken
    // apart.
    machine::leave_space();
    core.reschedule = 1;
}

void leave_task(Core& core, Thread& thread) SELENE_REQUIRES(tree_lock, own_core) {
    ipc::withdraw(core, thread);
    thread.set_state(ThreadState::inactive);
    thread.task = nullptr;
}

void end_thread(Core& core, Thread& thread) SELENE_REQUIRES(tree_lock, own_core) {
    ipc::withdraw(core, thread);
    thread.set_state(ThreadState::inactive);
    if (thread.own_context != nullptr) scheduler::unbind(core, *thread.own_context);
    if (thread.bound != nullptr) {
        const Held held(thread.bound->lock);
        thread.bound->bound = nullptr;
    }
    if (core.fpu_owner == &thread) core.fpu_owner = nullptr;
    if (!thread.buffer_slot.empty()) remove_capability(core, thread.buffer_slot);
    if (!thread.task_slot.empty()) remove_capability(core, thread.task_slot);
    thread.dying_tables.remove();
    // Of a thread that ends itself nothing is looked at again.
    if (core.current == &thread) core.current = nullptr;
    if (core.entered == &thread) core.entered = nullptr;
    core.reschedule = 1;
}

void end_task(Core& core, Task& task) SELENE_REQUIRES(tree_lock, own_core) {
    for (Slot* slot : {&task.table_slot, &task.space_slot, &task.fault_slot, &task.timeout_slot}) {
        if (!slot->empty()) remove_capability(core, *slot);
    }
}

void end_handler(Core& core, InterruptHandler& handler) SELENE_REQUIRES(tree_lock, own_core) {
    if (!handler.notification_slot.empty()) remove_capability(core, handler.notification_slot);
    if (handler.line != 0) core.kernel->lines.set(handler.line, nullptr);
}

}  // namespace

bool ends_unnoticed(const Slot& slot) {
    const Capability capability = slot.capability();
    switch (capability.type()) {
    case CapType::untyped:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control:
    case CapType::installed_endpoint: return true;
    case CapType::frame: return Frame(slot).entry() == nullptr;
    case CapType::endpoint: return !slot.origin() || capability.object<Endpoint>()->idle();
    case CapType::notification: return !slot.origin() || capability.object<Notification>()->idle();
    case CapType::cap_table:
    case CapType::task:
    case CapType::thread:
    case CapType::address_space:
    case CapType::page_table:
    case CapType::reply:
    case CapType::sched_context:
    case CapType::interrupt_handler: return !slot.origin();
    case CapType::empty:
    case CapType::installed_table:
    case CapType::installed_space:
    case CapType::installed_task:
    case CapType::installed_buffer:
    case CapType::installed_notification: return false;
    }
}

void remove_capability(Core& core, Slot& slot) {
    switch (slot.type()) {
    case CapType::frame:
        mapping::unmap_frame(slot);
        machine::flush_barrier();
        break;
    case CapType::installed_table: task_of(slot, offsetof(Task, table_slot)).forget_table(); break;
    case CapType::installed_space: leave_space(core, task_of(slot, offsetof(Task, space_slot))); break;
    case CapType::installed_task: leave_task(core, Thread::of_task_slot(slot)); break;
    case CapType::installed_buffer: Thread::of_buffer_slot(slot).buffer = nullptr; break;
    case CapType::installed_notification: {
        InterruptHandler& handler = InterruptHandler::of_slot(slot);
        machine::mask_interrupt(handler.line);
        if (handler.active != 0) machine::deactivate_interrupt(handler.active);
        handler.active = 0;
        break;
    }
    case CapType::empty:
    case CapType::untyped:
    case CapType::cap_table:
    case CapType::task:
    case CapType::thread:
    case CapType::address_space:
    case CapType::page_table:
    case CapType::endpoint:
    case CapType::reply:
    case CapType::notification:
    case CapType::sched_context:
    case CapType::interrupt_handler:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control:
    case CapType::installed_endpoint: break;
    }
    core.kernel->tree.remove(slot);
}

unsigned cost_of_step(CapType type) {
    switch (type) {
    case CapType::address_space:
    case CapType::page_table: return mapping::entries_per_step;
    case CapType::thread:
    case CapType::reply:
    case CapType::sched_context:
    case CapType::installed_task: return config::steps_between_polls;  // they may end a loan, along all its links
    case CapType::endpoint:
    case CapType::notification: return 4;
    case CapType::task:
    case CapType::frame:
    case CapType::installed_space:
    case CapType::installed_notification: return 2;
    case CapType::empty:
    case CapType::untyped:
    case CapType::cap_table:
    case CapType::interrupt_handler:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control:
    case CapType::installed_table:
    case CapType::installed_endpoint:
    case CapType::installed_buffer: return 1;
    }
}

bool end_object_step(Core& core, Slot& slot) {
    switch (slot.type()) {
    case CapType::thread: end_thread(core, *slot.object<Thread>()); return true;
    case CapType::task: end_task(core, *slot.object<Task>()); return true;
    case CapType::address_space:
    case CapType::page_table: return mapping::dismantle_step(*slot.object<PageTable>(), core.kernel->tags);
    case CapType::endpoint: return ipc::drain_step(core, *slot.object<Endpoint>());
    case CapType::notification: return ipc::drain_step(core, *slot.object<Notification>());
    case CapType::reply: ipc::abandon(core, *slot.object<Reply>()); return true;
    case CapType::sched_context: ipc::part(core, *slot.object<SchedContext>()); return true;
    case CapType::interrupt_handler: end_handler(core, *slot.object<InterruptHandler>()); return true;
    case CapType::empty:
    case CapType::untyped:
    case CapType::cap_table:
    case CapType::frame:
    case CapType::interrupt_control:
    case CapType::schedule_control:
    case CapType::power_control:
    case CapType::installed_table:
    case CapType::installed_space:
    case CapType::installed_endpoint:
    case CapType::installed_task:
    case CapType::installed_buffer:
    case CapType::installed_notification: return true;
    }
}

}  // namespace selene::lifecycle
