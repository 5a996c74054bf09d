// SPDX-License-Identifier: BSD-2-Clause
// QEMU TCG plugin (interface version 4) that counts kernel instructions and cache lines between marker
// instructions in user code.
//
// Usage: qemu-system-aarch64 -icount shift=0,sleep=off ... -plugin count.so,out=FILE[,image=ADDRESS]...
//
//     out=FILE         where the results go, as JSON lines (required)
//     image=ADDRESS    the boot image's first instruction: boot figures start there, not in QEMU's own start-up code
//     kernel=LOW-HIGH  addresses that the kernel is linked to, HIGH excluded; default: the upper half (bit 55 set)
//     trace=ROW        regions of this row list the address of each kernel instruction in order of execution
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
// one of the image, of the kernel, of a user program. Figures are differences of these. A part that was not
// met is null.
//
//     {"kind":"boot","image":N,"kernel":N,"user":N}
//
// Misuse of the markers gives {"kind":"error","what":"..."}; an orderly end of QEMU gives
// {"kind":"end","instructions":N} with all instructions ever executed. A file without it is not whole. One
// core only: with more, "between" means nothing.

#include "region_counter.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

extern "C" {
#include <qemu-plugin.h>
}

namespace selene::bench {
namespace {

// Instructions that mean something to us, as the manual encodes them ("HINT", "MOVZ", "SVC").
enum class Marker : std::uint8_t { none, select, start, end, system_call };

constexpr std::uint32_t hint_0x70 = 0xd5032e1f;
constexpr std::uint32_t hint_0x71 = 0xd5032e3f;
constexpr std::uint32_t immediate16_mask = 0xffe0001f;  // all but the immediate, bits 20:5
constexpr std::uint32_t movz_xzr = 0xd280001f;
constexpr std::uint32_t svc = 0xd4000001;

constexpr Marker marker_of(std::uint32_t word) {
    if (word == hint_0x70) {
        return Marker::start;
    }
    if (word == hint_0x71) {
        return Marker::end;
    }
    if ((word & immediate16_mask) == movz_xzr) {
        return Marker::select;
    }
    return (word & immediate16_mask) == svc ? Marker::system_call : Marker::none;
}

constexpr std::uint16_t immediate16(std::uint32_t word) { return static_cast<std::uint16_t>(word >> 5); }

struct AddressRange {
    std::uint64_t low;
    std::uint64_t last;

    [[nodiscard]] bool contains(std::uint64_t address) const { return low <= address && address <= last; }
};

// The instructions that ran before each stage of the boot.
class BootCounter {
public:
    std::optional<std::uint64_t> image_address;
    AddressRange kernel_range{.low = std::uint64_t{0xff80} << 48, .last = ~std::uint64_t{0}};

    [[nodiscard]] bool is_done() const { return user_.has_value(); }

    void execute(Side side, std::uint64_t address, std::uint64_t executed) {
        if (!image_ && image_address == address) {
            image_ = executed;
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
        return R"({"kind":"boot","image":)" + number(image_) + R"(,"kernel":)" + number(kernel_) + R"(,"user":)" +
               number(user_) + "}";
    }

private:
    std::optional<std::uint64_t> image_;
    std::optional<std::uint64_t> kernel_;
    std::optional<std::uint64_t> user_;
};

// All state of the plugin; QEMU calls back with a machine word only, so there is one.
struct Plugin {
    std::string out_path;
    std::FILE* out = nullptr;
    std::uint64_t executed = 0;
    Side side = Side::kernel;
    BootCounter boot;
    RegionCounter regions;
    qemu_plugin_register* program_state = nullptr;  // PSTATE
    GByteArray* buffer = nullptr;

    void write(const std::string& line) const { std::fprintf(out, "%s\n", line.c_str()); }

    void error(const std::string& what) const { write(R"({"kind":"error","what":")" + what + "\"}"); }

    void follow_boot(std::uint64_t address) {
        if (!boot.is_done()) {
            boot.execute(side, address, executed);
            if (boot.is_done()) {
                write(boot.json());
            }
        }
    }
};

Plugin plugin;

// What a callback needs to know of its instruction, in the one word that QEMU keeps for it: the address,
// whose upper 16 bits only repeat bit 47, and the immediate.
constexpr unsigned address_bits = 48;

void* packed(std::uint64_t address, std::uint16_t immediate) {
    const std::uint64_t word = address & ((std::uint64_t{1} << address_bits) - 1);
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(word | std::uint64_t{immediate} << address_bits));
}

std::uint64_t address_of(void* data) {
    auto word = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(data));
    return static_cast<std::uint64_t>(word << (64 - address_bits) >> (64 - address_bits));
}

std::uint16_t immediate_of(void* data) {
    return static_cast<std::uint16_t>(reinterpret_cast<std::uintptr_t>(data) >> address_bits);
}

// --- What QEMU calls while the guest runs --------------------------------------------------------

// The exception level changes only between blocks: exceptions and eret end them.
void block_starts(unsigned, void*) {
    constexpr unsigned exception_level_mask = 3U << 2;  // PSTATE.EL
    g_byte_array_set_size(plugin.buffer, 0);
    qemu_plugin_read_register(plugin.program_state, plugin.buffer);
    plugin.side = (plugin.buffer->data[0] & exception_level_mask) == 0 ? Side::user : Side::kernel;
}

// An instruction is about to be executed. Markers are the user's: in the kernel they are instructions like
// any other.
template <Marker marker>
void executes(unsigned, void* data) {
    const std::uint64_t address = address_of(data);
    plugin.follow_boot(address);
    plugin.executed++;
    if (marker == Marker::none || plugin.side == Side::kernel) {
        plugin.regions.execute(plugin.side, address);
    } else if constexpr (marker == Marker::system_call) {
        plugin.regions.execute_system_call(address);
    } else if constexpr (marker == Marker::select) {
        plugin.regions.select(immediate_of(data));
    } else if constexpr (marker == Marker::start) {
        if (std::optional<std::string> what = plugin.regions.start()) {
            plugin.error(*what);
        }
    } else if constexpr (marker == Marker::end) {
        if (const Region* region = plugin.regions.end()) {
            plugin.write(region->json());
        }
    }
}

qemu_plugin_vcpu_udata_cb_t callback(Marker marker) {
    switch (marker) {
    case Marker::none: return executes<Marker::none>;
    case Marker::select: return executes<Marker::select>;
    case Marker::start: return executes<Marker::start>;
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

void core_starts(qemu_plugin_id_t, unsigned) {
    GArray* registers = qemu_plugin_get_registers();
    const auto* descriptors = reinterpret_cast<const qemu_plugin_reg_descriptor*>(registers->data);
    for (unsigned i = 0; i < registers->len; i++) {
        if (std::string_view(descriptors[i].name) == "cpsr") {  // gdb's name of PSTATE
            plugin.program_state = descriptors[i].handle;
        }
    }
    g_array_free(registers, 1);
    if (plugin.program_state == nullptr) {
        std::fputs("count plugin: this QEMU does not let plugins read PSTATE\n", stderr);
        std::exit(1);
    }
}

void machine_ends(qemu_plugin_id_t, void*) {
    plugin.write(R"({"kind":"end","instructions":)" + std::to_string(plugin.executed) + "}");
    std::fclose(plugin.out);
}

// --- Arguments -----------------------------------------------------------------------------------

// A decimal or 0x number that is all of the text.
template <typename T>
std::optional<T> number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
        base = 16;
    }
    T value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<AddressRange> range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    std::optional<std::uint64_t> low = number<std::uint64_t>(text.substr(0, dash));
    std::optional<std::uint64_t> high = number<std::uint64_t>(text.substr(dash + 1));
    if (!low || !high || *low >= *high) {
        return std::nullopt;
    }
    return AddressRange{.low = *low, .last = *high - 1};
}

// Takes one argument NAME=VALUE. Returns what is wrong with it, if anything.
std::optional<std::string> take(std::string_view argument) {
    const std::size_t equals = std::min(argument.find('='), argument.size());
    const std::string_view name = argument.substr(0, equals);
    std::string value(argument.substr(std::min(equals + 1, argument.size())));
    if (name == "out") {
        plugin.out_path = value;
        return std::nullopt;
    }
    if (name == "image") {
        plugin.boot.image_address = number<std::uint64_t>(value);
        return plugin.boot.image_address ? std::nullopt : std::optional("image: not an address: " + value);
    }
    if (name == "kernel") {
        std::optional<AddressRange> addresses = range(value);
        plugin.boot.kernel_range = addresses.value_or(plugin.boot.kernel_range);
        return addresses ? std::nullopt : std::optional("kernel: not LOW-HIGH: " + value);
    }
    if (name == "trace") {
        std::optional<std::uint16_t> row = number<std::uint16_t>(value);
        plugin.regions.trace_row(row.value_or(0));
        return row ? std::nullopt : std::optional("trace: not a row: " + value);
    }
    return "unknown argument " + std::string(name);
}

std::optional<std::string> prepare(const qemu_info_t& info, std::span<char*> arguments) {
    if (std::string_view(info.target_name) != "aarch64" || !info.system_emulation || info.system.max_vcpus != 1) {
        return "counts on qemu-system-aarch64 with one core only";
    }
    for (char* argument : arguments) {
        if (std::optional<std::string> what = take(argument)) {
            return what;
        }
    }
    if (plugin.out_path.empty()) {
        return "out=FILE is missing";
    }
    plugin.out = std::fopen(plugin.out_path.c_str(), "w");
    return plugin.out == nullptr ? std::optional("cannot write " + plugin.out_path + ": " + std::strerror(errno))
                                 : std::nullopt;
}

}  // namespace
}  // namespace selene::bench

// --- The plugin as QEMU loads it -----------------------------------------------------------------

extern "C" {

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv) {
    using namespace selene::bench;
    std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    if (std::optional<std::string> what = prepare(*info, arguments)) {
        std::fprintf(stderr, "count plugin: %s\n", what->c_str());
        return 1;
    }
    plugin.buffer = g_byte_array_new();
    qemu_plugin_register_vcpu_init_cb(id, core_starts);
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, machine_ends, nullptr);
    return 0;
}
}
