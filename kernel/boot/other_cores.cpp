// SPDX-License-Identifier: BSD-2-Clause
// Starting the other cores. Each is told apart by how far it has come: see CorePresence.
#include "boot/other_cores.hpp"

#include <span>

#include "machine.hpp"
#include "syscall/interrupt.hpp"

#pragma clang section text = ".boot_text"

namespace selene {

namespace {

/// Far more than any firmware takes to start a core, and bearable where one is dead.
constexpr uint64_t seconds_to_come_up = 5;

void start_each(Kernel& kernel, const BootDescription& description) {
    for (uint32_t number = 1; number < description.core_count; ++number) {
        Core& core = kernel.cores[number];
        core.kernel = &kernel;
        core.id = CoreId(static_cast<uint16_t>(number));
        if (!machine::start_core(description, core.id))
            core.presence.store(CorePresence::left_out, std::memory_order_relaxed);
    }
}

/// Greets the core if it has just come up; whether it is still to be waited for.
bool awaited(Core& core) {
    // Pairs with the store by which a core says that it idles: its interrupt controller can be rung.
    switch (core.presence.load(std::memory_order_acquire)) {
    case CorePresence::absent:
    case CorePresence::arriving:
    case CorePresence::greeted: return true;
    case CorePresence::idle:
        core.presence.store(CorePresence::greeted, std::memory_order_relaxed);
        mail::post(core, core.greeting, Errand::greet);
        return true;
    case CorePresence::answered:
    case CorePresence::left_out: break;
    }
    return false;
}

bool any_awaited(std::span<Core> others) {
    bool awaits = false;
    for (Core& core : others) awaits = awaited(core) || awaits;
    return awaits;
}

}  // namespace

uint32_t start_other_cores(Kernel& kernel, const BootDescription& description) {
    start_each(kernel, description);
    const std::span others(kernel.cores + 1, description.core_count - 1);
    const uint64_t deadline = machine::now().value() + seconds_to_come_up * machine::timer_frequency();
    while (any_awaited(others) && machine::now().value() < deadline) {
        machine::let_others_go_on();
        if (machine::interrupt_pending()) handle_interrupts(kernel.cores[0]);
    }
    uint32_t answered = 1;
    for (Core& core : others) {
        auto expected = CorePresence::absent;
        // Pairs with arrive: who comes from now on finds that it is too late.
        core.presence.compare_exchange_strong(expected, CorePresence::left_out, std::memory_order_relaxed);
        if (expected == CorePresence::answered) answered |= uint32_t{1} << core.id.value();
    }
    return answered;
}

}  // namespace selene
