// SPDX-License-Identifier: BSD-2-Clause
// Delivery of one interrupt. A delivered line stays active in the controller until it is acknowledged, so it cannot
// storm.
#include "syscall/interrupt.hpp"

#include "ipc/direct_switch.hpp"
#include "ipc/ipc.hpp"
#include "machine.hpp"
#include "object/interrupt_handler.hpp"
#include "scheduling/scheduler.hpp"

namespace selene {

void handle_interrupts(Core& core) {
    const unsigned interrupt = machine::acknowledge_interrupt();
    if (interrupt == machine::no_interrupt) return;
    const unsigned line = machine::line_of(interrupt);
    // What the kernel keeps for itself is at the lower end: the cost of a second test is not that of a driver's line.
    if (line <= machine::timer_line()) {
        if (line == machine::timer_line()) {
            scheduler::handle_timer(core);
            machine::deactivate_interrupt(interrupt);
            return;
        }
        if (line == machine::ring_line) {
            machine::deactivate_interrupt(interrupt);
            mail::serve(core);
            return;
        }
    }
    Capability target;
    {
        const Held held(tree_lock);
        InterruptHandler* handler = core.kernel->lines.handler(line);
        if (handler == nullptr || handler->notification_slot.empty()) {
            machine::mask_interrupt(line);
            machine::deactivate_interrupt(interrupt);
            return;
        }
        handler->active = interrupt;
        target = handler->notification_slot.capability();
    }
    // Without a badge there is still something to wake up for.
    const uint64_t bits = target.word1() != 0 ? target.word1() : 1;
    Notification& notification = *target.object<Notification>();
    if (machine::direct_switches()) {
        if (core.current == nullptr) {
            if (direct::signal_idle(core, notification, bits)) return;
        } else if (core.reschedule == 0) {
            // Where a choice is to be made anyway, this is one more that it is made among.
            if (direct::signal(core, notification, bits) != nullptr) return;
        }
    }
    ipc::signal(core, notification, bits);
}

}  // namespace selene
