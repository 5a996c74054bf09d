// SPDX-License-Identifier: BSD-2-Clause
// QEMU TCG plugin (interface version 4) that measures how long the timer's interrupt waits for its handler.
//
// Usage: qemu-system-aarch64 -icount shift=0,sleep=off ... -plugin latency.so,out=FILE,handler=ADDRESS,level=N
//
//     out=FILE         where the results go, as JSON lines (required)
//     handler=ADDRESS  the first instruction that handles an interrupt (required)
//     level=N          the kernel's exception level: 1, with the virtual timer, or 2, with the hypervisor's (default: 1)
//
// Under -icount the timer asserts its interrupt between two instructions, and QEMU ends the block that is executed there.
// So at each block's start the timer's own status, CNTV_CTL_EL0 or CNTHP_CTL_EL2, says whether it asserts by now, exactly. For each row
// that a program marks (region_counter.hpp has the protocol) one line at the end
//
//     {"kind":"latency","row":N,"samples":N,"withdrawn":N,"asserted":N,"longest":N,"deaf":N,"blocks":[[ADDRESS,N],...]}
//
// whose meaning RowLatency tells (latency_meter.hpp); errors and end are the counting plugin's. One core only.

#include "latency_meter.hpp"
#include "plugin_support.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace selene::bench {
namespace {

constexpr const char* name = "latency plugin";

// The timer of a kernel: the control register by its name, and the instructions that set a deadline, without the general
// register, as the manual encodes "MSR (register)" of CNTV_CVAL_EL0 and CNTV_TVAL_EL0, CNTHP_CVAL_EL2 and CNTHP_TVAL_EL2.
struct Timer {
    const char* control;
    std::uint32_t msr_compare_value;
    std::uint32_t msr_timer_value;
};
constexpr Timer timers[] = {{"CNTV_CTL_EL0", 0xd51be340, 0xd51be300}, {"CNTHP_CTL_EL2", 0xd51ce240, 0xd51ce200}};

// All state of the plugin; QEMU calls back with a machine word only, so there is one. It is never destroyed: QEMU calls
// back for the last time when global objects have been.
struct State {
    Results results;
    std::optional<std::uint64_t> handler;
    const Timer* timer = &timers[0];
    LatencyMeter meter;
    Register program_state;
    Register timer_control;
    Side side = Side::kernel;
    bool returns = true;        // the kernel may just have left for user code
    qemu_plugin_u64 counter{};  // instructions executed, by code that QEMU puts before each

    [[nodiscard]] std::uint64_t executed() const { return qemu_plugin_u64_get(counter, 0); }
};

State& plugin = *new State;

// Instructions with which the kernel looks for interrupts, sets the timer or leaves, as the manual encodes them: "MRS", "WFI",
// "MSR (register)", "ERET", "ISR_EL1"; and those of Timer.
constexpr std::uint32_t register_mask = 0xffffffe0;  // all but the general register
constexpr std::uint32_t mrs_isr = 0xd538c100;
constexpr std::uint32_t wfi = 0xd503207f;
constexpr std::uint32_t eret = 0xd69f03e0;

constexpr bool looks(std::uint32_t word) { return word == wfi || (word & register_mask) == mrs_isr; }
bool sets_timer(std::uint32_t word) {
    return (word & register_mask) == plugin.timer->msr_compare_value ||
           (word & register_mask) == plugin.timer->msr_timer_value;
}

// --- What QEMU calls while the guest runs --------------------------------------------------------

// CNTV_CTL_EL0, CNTHP_CTL_EL2: on, condition met, not masked.
bool timer_asserts() {
    constexpr std::uint32_t enable_mask_status = 7;
    constexpr std::uint32_t enabled_and_met = 5;
    return (plugin.timer_control.read() & enable_mask_status) == enabled_and_met;
}

// The exception level changes only between blocks: an exception ends them and so does eret, the one way to user code.
void block_starts(unsigned, void* data) {
    if (plugin.side == Side::user || plugin.returns) {
        plugin.side = side_of(plugin.program_state.read());
        plugin.returns = false;
    }
    plugin.meter.block(plugin.side, address_of(data), plugin.executed(), timer_asserts());
}

// The counter has the instruction already.
void kernel_looks(unsigned, void*) {
    if (plugin.side == Side::kernel) {
        plugin.meter.look(plugin.executed());
    }
}

void kernel_returns(unsigned, void*) { plugin.returns = true; }

void timer_is_set(unsigned, void*) { plugin.meter.set_timer(); }

void handler_starts(unsigned, void*) { plugin.meter.handler(plugin.executed()); }

void marks(unsigned, void* data) {
    if (plugin.side == Side::kernel) {
        return;
    }
    switch (static_cast<Marker>(address_of(data))) {
    case Marker::select: plugin.meter.select(immediate_of(data)); break;
    case Marker::start:
        if (std::optional<std::string> what = plugin.meter.start()) {
            plugin.results.error(*what);
        }
        break;
    case Marker::end: plugin.meter.end(); break;
    case Marker::none:
    case Marker::start_behind_wait:
    case Marker::wait:
    case Marker::system_call: break;
    }
}

void block_translated(qemu_plugin_id_t, qemu_plugin_tb* block) {
    constexpr auto no_registers = QEMU_PLUGIN_CB_NO_REGS;
    qemu_plugin_register_vcpu_tb_exec_cb(block, block_starts, QEMU_PLUGIN_CB_R_REGS,
                                         packed(qemu_plugin_tb_vaddr(block), 0));
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        qemu_plugin_insn* instruction = qemu_plugin_tb_get_insn(block, i);
        std::uint32_t word = 0;
        qemu_plugin_insn_data(instruction, &word, sizeof word);
        if (qemu_plugin_insn_vaddr(instruction) == plugin.handler) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, handler_starts, no_registers, nullptr);
        }
        qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(instruction, QEMU_PLUGIN_INLINE_ADD_U64, plugin.counter, 1);
        if (looks(word)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, kernel_looks, no_registers, nullptr);
        } else if (word == eret) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, kernel_returns, no_registers, nullptr);
        } else if (sets_timer(word)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, timer_is_set, no_registers, nullptr);
        } else if (const Marker marker = marker_of(word); marker != Marker::none && marker != Marker::system_call) {
            void* data = packed(static_cast<std::uint64_t>(marker), immediate16(word));
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, marks, no_registers, data);
        }
    }
}

void core_starts(qemu_plugin_id_t, unsigned) {
    plugin.program_state.find(name, "cpsr");
    plugin.timer_control.find(name, plugin.timer->control);
}

void machine_ends(qemu_plugin_id_t, void*) {
    for (const auto& [row, latency] : plugin.meter.rows()) {
        plugin.results.write(latency.json(row));
    }
    plugin.results.finish(plugin.executed());
}

std::optional<std::string> take(std::string_view argument, const std::string& value) {
    if (argument == "level") {
        const std::uint64_t level = number(value).value_or(0);
        if (level != 1 && level != 2) {
            return "level: not an exception level of a kernel: " + value;
        }
        plugin.timer = &timers[level - 1];
        return std::nullopt;
    }
    if (argument != "handler") {
        return "unknown argument " + std::string(argument);
    }
    plugin.handler = number(value);
    return plugin.handler ? std::nullopt : std::optional("handler: not an address: " + value);
}

std::optional<std::string> ready() {
    return plugin.handler ? std::nullopt : std::optional<std::string>("handler=ADDRESS is missing");
}

}  // namespace
}  // namespace selene::bench

// --- The plugin as QEMU loads it -----------------------------------------------------------------

extern "C" {

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv) {
    using namespace selene::bench;
    plugin.counter = qemu_plugin_scoreboard_u64(qemu_plugin_scoreboard_new(sizeof(std::uint64_t)));
    return install({name, plugin.results, take, ready, core_starts, block_translated, machine_ends}, id, *info,
                   {argv, static_cast<std::size_t>(argc)});
}
}
