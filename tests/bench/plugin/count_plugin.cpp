// SPDX-License-Identifier: BSD-2-Clause
// QEMU TCG plugin (interface version 4) that counts kernel instructions and cache lines between marker
// instructions in user code.
//
// Usage: qemu-system-aarch64 -icount shift=0,sleep=off ... -plugin count.so,out=FILE[,image=ADDRESS]...
//
//     out=FILE         where the results go, as JSON lines (required)
//     image=ADDRESS    the boot image's first instruction: boot figures start there, not in QEMU's own start-up code
//     stage=ADDRESS    a further stage of the boot, in the order in which they are met; up to 8
//     kernel=LOW-HIGH  addresses that the kernel is linked to, HIGH excluded; default: the upper half (bit 55 set)
//     trace=ROW        regions of this row list the address of each kernel instruction in order of execution; as often as wanted
//
// What is counted. User code is what runs at exception level 0, the kernel all above, whatever its addresses.
// A *region* is what is executed between a start and an end marker (region_counter.hpp). For each region one
// line
//
//     {"kind":"region","row":N,"system_calls":N,"kernel":SIDE,"user":SIDE,"trace":[...]}
//     SIDE: {"instructions":N,"code_lines":N,"data_lines":N}
//
// The figure of a benchmark row is kernel.instructions + system_calls: "from the svc through the last kernel
// instruction, user code not counted". A round trip has two svc within its region, the caller's and the
// answerer's, and so counts both directions. An instruction that faults counts when it is tried, each time.
// Lines are distinct 64-byte lines, of instructions executed and of data that instructions read or write;
// page-table walks of the hardware and `dc zva` touch no lines here.
//
// Boot, in one line as soon as the first user instruction runs: how many instructions ran before the first
// one of the image, of each stage, of the kernel, of a user program. Figures are differences of these. A part that was
// not met is null, a stage is left out.
//
//     {"kind":"boot","image":N,"stages":[N,...],"kernel":N,"user":N}
//
// Misuse of the markers gives {"kind":"error","what":"..."}; an orderly end of QEMU gives
// {"kind":"end","instructions":N} with all instructions ever executed. A file without it is not whole. One
// core only: with more, "between" means nothing.

#include "plugin_support.hpp"
#include "region_counter.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selene::bench {
namespace {

constexpr const char* name = "count plugin";

// The instructions that ran before each stage of the boot.
class BootCounter {
public:
    std::optional<std::uint64_t> image_address;
    std::vector<std::uint64_t> stage_addresses;
    AddressRange kernel_range{.low = std::uint64_t{0xff80} << 48, .last = ~std::uint64_t{0}};

    [[nodiscard]] bool is_done() const { return user_.has_value(); }

    void execute(Side side, std::uint64_t address, std::uint64_t executed) {
        if (!image_ && image_address == address) {
            image_ = executed;
        }
        if (stages_.size() < stage_addresses.size() && stage_addresses[stages_.size()] == address) {
            stages_.push_back(executed);
        }
        if (!kernel_ && side == Side::kernel && kernel_range.contains(address)) {
            kernel_ = executed;
        }
        if (!user_ && side == Side::user) {
            user_ = executed;
        }
    }

    [[nodiscard]] std::string json() const {
        auto number = [](std::optional<std::uint64_t> value) { return value ? std::to_string(*value) : "null"; };
        std::string stages;
        for (const std::uint64_t stage : stages_) {
            stages += (stages.empty() ? "" : ",") + std::to_string(stage);
        }
        return R"({"kind":"boot","image":)" + number(image_) + R"(,"stages":[)" + stages + R"(],"kernel":)" +
               number(kernel_) + R"(,"user":)" + number(user_) + "}";
    }

private:
    std::optional<std::uint64_t> image_;
    std::vector<std::uint64_t> stages_;
    std::optional<std::uint64_t> kernel_;
    std::optional<std::uint64_t> user_;
};

// All state of the plugin; QEMU calls back with a machine word only, so there is one.
struct State {
    Results results;
    std::uint64_t executed = 0;
    Side side = Side::kernel;
    BootCounter boot;
    RegionCounter regions;
    Register program_state;

    void follow_boot(std::uint64_t address) {
        if (!boot.is_done()) {
            boot.execute(side, address, executed);
            if (boot.is_done()) {
                results.write(boot.json());
            }
        }
    }
};

State plugin;

// --- What QEMU calls while the guest runs --------------------------------------------------------

// The exception level changes only between blocks: exceptions and eret end them.
void block_starts(unsigned, void*) { plugin.side = side_of(plugin.program_state.read()); }

// An instruction is about to be executed. Markers are the user's: in the kernel they are instructions like
// any other.
template <Marker marker>
void executes(unsigned, void* data) {
    const std::uint64_t address = address_of(data);
    plugin.follow_boot(address);
    plugin.executed++;
    if (marker == Marker::none || plugin.side == Side::kernel) {
        plugin.regions.execute(plugin.side, address);
        if (marker == Marker::wait) {
            plugin.regions.wait();
        }
    } else if constexpr (marker == Marker::system_call) {
        plugin.regions.execute_system_call(address);
    } else if constexpr (marker == Marker::select) {
        plugin.regions.select(immediate_of(data));
    } else if constexpr (marker == Marker::start) {
        if (std::optional<std::string> what = plugin.regions.start()) {
            plugin.results.error(*what);
        }
    } else if constexpr (marker == Marker::start_behind_wait) {
        if (std::optional<std::string> what = plugin.regions.start_behind_wait()) {
            plugin.results.error(*what);
        }
    } else if constexpr (marker == Marker::end) {
        if (const Region* region = plugin.regions.end()) {
            plugin.results.write(region->json());
        }
    }
}

qemu_plugin_vcpu_udata_cb_t callback(Marker marker) {
    switch (marker) {
    case Marker::none: return executes<Marker::none>;
    case Marker::select: return executes<Marker::select>;
    case Marker::start: return executes<Marker::start>;
    case Marker::start_behind_wait: return executes<Marker::start_behind_wait>;
    case Marker::wait: return executes<Marker::wait>;
    case Marker::end: return executes<Marker::end>;
    case Marker::system_call: return executes<Marker::system_call>;
    }
    return nullptr;
}

void memory_accessed(unsigned, qemu_plugin_meminfo_t info, std::uint64_t address, void*) {
    plugin.regions.access(plugin.side, address, std::uint64_t{1} << qemu_plugin_mem_size_shift(info));
}

void block_translated(qemu_plugin_id_t, qemu_plugin_tb* block) {
    qemu_plugin_register_vcpu_tb_exec_cb(block, block_starts, QEMU_PLUGIN_CB_R_REGS, nullptr);
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        qemu_plugin_insn* instruction = qemu_plugin_tb_get_insn(block, i);
        std::uint32_t word = 0;
        qemu_plugin_insn_data(instruction, &word, sizeof word);
        void* data = packed(qemu_plugin_insn_vaddr(instruction), immediate16(word));
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, callback(marker_of(word)), QEMU_PLUGIN_CB_NO_REGS, data);
        qemu_plugin_register_vcpu_mem_cb(instruction, memory_accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                         nullptr);
    }
}

void core_starts(qemu_plugin_id_t, unsigned) { plugin.program_state.find(name, "cpsr"); }

void machine_ends(qemu_plugin_id_t, void*) { plugin.results.finish(plugin.executed); }

// --- Arguments -----------------------------------------------------------------------------------

// What an argument sets; returns what is wrong with it, if anything.
std::optional<std::string> take(std::string_view argument, const std::string& value) {
    if (argument == "image") {
        plugin.boot.image_address = number(value);
        return plugin.boot.image_address ? std::nullopt : std::optional("image: not an address: " + value);
    }
    if (argument == "stage") {
        constexpr std::size_t most_stages = 8;
        const std::optional<std::uint64_t> address = number(value);
        if (!address || plugin.boot.stage_addresses.size() == most_stages) {
            return "stage: not an address, or one too many: " + value;
        }
        plugin.boot.stage_addresses.push_back(*address);
        return std::nullopt;
    }
    if (argument == "kernel") {
        const std::optional<AddressRange> addresses = range(value);
        plugin.boot.kernel_range = addresses.value_or(plugin.boot.kernel_range);
        return addresses ? std::nullopt : std::optional("kernel: not LOW-HIGH: " + value);
    }
    if (argument == "trace") {
        constexpr std::uint64_t highest_row = 0xffff;
        const std::uint64_t row = number(value).value_or(highest_row + 1);
        plugin.regions.trace_row(static_cast<std::uint16_t>(row));
        return row <= highest_row ? std::nullopt : std::optional("trace: not a row: " + value);
    }
    return "unknown argument " + std::string(argument);
}

std::optional<std::string> ready() { return std::nullopt; }

}  // namespace
}  // namespace selene::bench

// --- The plugin as QEMU loads it -----------------------------------------------------------------

extern "C" {

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv) {
    using namespace selene::bench;
    return install({name, plugin.results, take, ready, core_starts, block_translated, machine_ends}, id, *info,
                   {argv, static_cast<std::size_t>(argc)});
}
}
