// SPDX-License-Identifier: BSD-2-Clause
// The simulated interrupt controller, timer, floating-point unit and power switch.
#include "simulated_machine.hpp"

#include <cstring>
#include <utility>

#include "object/thread.hpp"
#include "scheduling/core.hpp"

namespace selene::machine {

SimulatedMachine& simulated() {
    static SimulatedMachine machine;
    return machine;
}

void SimulatedMachine::reset() {
    memory.fill_with_rubbish();
    translations = {};
    lines = {};
    now = 1'000'000;
    ticks_each_look = 0;
    deadline = std::numeric_limits<uint64_t>::max();
    core = nullptr;
    core_word = 0;
    tag_count = 4;
    fpu_is_on = false;
    fpu_registers = {};
    maintenance.clear();
    zeroed_bytes = 0;
    preempt_every = 0;
    polls = 0;
    hot_calls = 0;
    starts = [](CoreId) { return false; };
    others = [] {};
    rung.clear();
    lines[kernel_timer_line].enabled = true;
    lines[ring_line].enabled = true;
}

std::optional<unsigned> SimulatedMachine::deliverable() const {
    for (unsigned number = 0; number < line_count; ++number) {
        const Line& line = lines[number];
        const bool raised = number == kernel_timer_line ? now >= deadline : line.asserted || line.pending;
        if (line.enabled && !line.active && raised) return number;
    }
    return std::nullopt;
}

// --- Time -----------------------------------------------------------------------------------------------------

Ticks now() { return Ticks(std::exchange(simulated().now, simulated().now + simulated().ticks_each_look)); }
void set_deadline(Ticks when) { simulated().deadline = when.value(); }
uint64_t timer_frequency() { return SimulatedMachine::frequency; }

// --- Interrupts -----------------------------------------------------------------------------------------------

unsigned interrupt_lines() { return SimulatedMachine::line_count; }
unsigned timer_line() { return SimulatedMachine::kernel_timer_line; }

/// Of the lines that software raises it is told who has, as by a GICv2.
constexpr unsigned software_lines = 16;
constexpr unsigned raised_by_core = 3 << 10;

unsigned acknowledge_interrupt() {
    const auto number = simulated().deliverable();
    if (!number) return no_interrupt;
    simulated().lines[*number].active = true;
    simulated().lines[*number].pending = false;
    return *number < software_lines ? *number | raised_by_core : *number;
}

void deactivate_interrupt(unsigned interrupt) {
    const unsigned line = line_of(interrupt);
    if ((line < software_lines) != (interrupt != line)) throw Panic("it is not said who has raised an interrupt");
    if (!simulated().lines.at(line).active) throw Panic("an interrupt that is not active is deactivated");
    simulated().lines[line].active = false;
}
void mask_interrupt(unsigned line) { simulated().lines.at(line).enabled = false; }
void unmask_interrupt(unsigned line) { simulated().lines.at(line).enabled = true; }
bool interrupt_unmasked(unsigned line) { return simulated().lines.at(line).enabled; }
void configure_interrupt(unsigned line, abi::Trigger trigger) {
    simulated().lines.at(line).trigger = trigger;
    simulated().lines[line].enabled = false;
}
void forget_interrupt(unsigned line) { simulated().lines.at(line).pending = false; }

bool interrupt_pending() {
    SimulatedMachine& machine = simulated();
    ++machine.polls;
    if (machine.preempt_every != 0 && machine.polls % machine.preempt_every == 0) return true;
    return machine.deliverable().has_value();
}

void wait_for_interrupt() {
    if (!simulated().deliverable()) throw Idle{};
}

// --- Other cores ----------------------------------------------------------------------------------------------

bool start_core(const BootDescription&, CoreId core) { return simulated().starts(core); }

void let_others_go_on() {
    simulated().now += SimulatedMachine::round_ticks;
    simulated().others();
}

void raise_interrupt(unsigned line, CoreId core) {
    if (core == CoreId(0)) {
        simulated().lines.at(line).pending = true;
    } else {
        simulated().rung.insert(core);
    }
}

// --- The core -------------------------------------------------------------------------------------------------

Core& this_core() { return *simulated().core; }
void set_core_word(const Core&, uint32_t low_bits) { simulated().core_word = low_bits; }
uint32_t core_word(const Core& core) { return core.summary_bits() | simulated().core_word; }
unsigned tag_count() { return simulated().tag_count; }
void set_tls(uint64_t value) { simulated().tls = value; }
void repeat_system_call(Thread& thread) { thread.pc -= system_call_bytes; }
bool direct_switches() { return simulated().direct_switches; }
void switch_fpu(Core& core, Thread& next) {
    own_core.assert_held();
    SimulatedMachine& machine = simulated();
    machine.fpu_is_on = next.uses_fpu();
    machine.core_word = (machine.core_word & ~fpu_live) | (machine.fpu_is_on ? fpu_live : 0);
    if (!machine.fpu_is_on || core.fpu_owner == &next) return;
    if (core.fpu_owner != nullptr)
        std::memcpy(core.fpu_owner->vectors, machine.fpu_registers.data(), sizeof(next.vectors));
    std::memcpy(machine.fpu_registers.data(), next.vectors, sizeof(next.vectors));
    core.fpu_owner = &next;
}

// --- Power ----------------------------------------------------------------------------------------------------

void power_off() { throw PoweredOff{}; }
void reset() { throw WasReset{}; }
void panic(const char* expression, const char* file, int line) {
    throw Panic(std::string(file) + ":" + std::to_string(line) + ": " + expression);
}

}  // namespace selene::machine
