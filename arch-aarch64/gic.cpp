// SPDX-License-Identifier: BSD-2-Clause
// The interrupt controller of the machine that runs: what is not on the way of an interrupt.
#include <algorithm>

#include "machine.hpp"

namespace selene {

constinit Gic gic;

#pragma clang section text = ".boot_text"

void Gic::find(const BootDescription& description) {
    const InterruptControllerDescription& controller = description.interrupt_controller;
    const auto distributor = reinterpret_cast<uintptr_t>(machine::window<char>(PhysAddr(controller.distributor.base)));
    const auto interface = reinterpret_cast<uintptr_t>(machine::window<char>(PhysAddr(controller.interface.base)));
    kind_ = controller.kind;
    if (is_v3()) {
        v3_ = GicV3(distributor, interface, controller.interface.size);
    } else {
        v2_ = GicV2(distributor, interface);
    }
    lines_ = std::min(GicBank(distributor).lines(), gic_special_lines);
    timer_line_ = description.timer_line;
    is_v3() ? v3_.start_distributor() : v2_.start_distributor();
}

void Gic::start(CoreId core) { names_[core.value()] = is_v3() ? v3_.start_core() : v2_.start_core(); }

#pragma clang section text = ""

void Gic::raise(unsigned line, CoreId core) const {
    asm volatile("dsb ishst" : : : "memory");  // what is to be seen there must be there before
    const uint64_t name = names_[core.value()];
    is_v3() ? v3_.raise(name, line) : v2_.raise(name, line);
}

void Gic::forget(unsigned line) const { is_v3() ? v3_.bank(line).forget(line) : v2_.forget(line); }

namespace machine {

#pragma clang section text = ".boot_text"

void find_interrupts(const BootDescription& description) { gic.find(description); }

void start_interrupts(CoreId core) {
    gic.start(core);
    start_timer();
    unmask_interrupt(timer_line());
    unmask_interrupt(ring_line);
}

#pragma clang section text = ""

unsigned interrupt_lines() { return gic.lines(); }
unsigned timer_line() { return gic.timer_line(); }
void raise_interrupt(unsigned line, CoreId core) { gic.raise(line, core); }
void mask_interrupt(unsigned line) { gic.bank(line).mask(line); }
void unmask_interrupt(unsigned line) { gic.bank(line).unmask(line); }
bool interrupt_unmasked(unsigned line) { return gic.bank(line).unmasked(line); }

void configure_interrupt(unsigned line, abi::Trigger trigger) {
    mask_interrupt(line);
    gic.bank(line).configure(line, trigger);
}

void forget_interrupt(unsigned line) { gic.forget(line); }

}  // namespace machine
}  // namespace selene
