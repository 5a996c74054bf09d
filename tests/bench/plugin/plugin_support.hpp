// SPDX-License-Identifier: BSD-2-Clause
// What the benchmark's QEMU plugins share: marker instructions, arguments, registers, the file of results.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "side.hpp"

extern "C" {
#include <qemu-plugin.h>
}

namespace selene::bench {

// Instructions that mean something to us, as the manual encodes them ("HINT", "MOVZ", "SVC", "WFI").
enum class Marker : std::uint8_t { none, select, start, start_behind_wait, wait, end, system_call };

[[nodiscard]] Marker marker_of(std::uint32_t word);

// The immediate of `movz` and `svc`.
[[nodiscard]] constexpr std::uint16_t immediate16(std::uint32_t word) { return static_cast<std::uint16_t>(word >> 5); }

struct AddressRange {
    std::uint64_t low;
    std::uint64_t last;

    [[nodiscard]] bool contains(std::uint64_t address) const { return low <= address && address <= last; }
};

// What a callback needs to know of its instruction, in the one word that QEMU keeps for it: the address,
// whose upper 16 bits only repeat bit 47, and the immediate.
[[nodiscard]] void* packed(std::uint64_t address, std::uint16_t immediate);
[[nodiscard]] std::uint64_t address_of(void* data);
[[nodiscard]] std::uint16_t immediate_of(void* data);

// A register of the core, as the plugin's interface shows it.
class Register {
public:
    // Finds it by the name that gdb has for it. To be called when the core starts; ends QEMU if there is no such register.
    void find(const char* plugin, std::string_view name);

    // Its lowest 32 bits.
    [[nodiscard]] std::uint32_t read() const;

private:
    qemu_plugin_register* handle_ = nullptr;
    GByteArray* buffer_ = nullptr;
};

// The side that executes, from PSTATE ("cpsr" to gdb).
[[nodiscard]] Side side_of(std::uint32_t program_state);

// Where results go, one JSON object a line.
class Results {
public:
    // Returns what is wrong, if anything.
    [[nodiscard]] std::optional<std::string> open(const std::string& path);
    void write(const std::string& line) const { std::fprintf(file_, "%s\n", line.c_str()); }
    void error(const std::string& what) const { write(R"({"kind":"error","what":")" + what + "\"}"); }
    // An orderly end: all instructions ever executed.
    void finish(std::uint64_t executed) const;

private:
    std::FILE* file_ = nullptr;
};

// A decimal or 0x number that is all of the text.
[[nodiscard]] std::optional<std::uint64_t> number(std::string_view text);
// LOW-HIGH, HIGH excluded.
[[nodiscard]] std::optional<AddressRange> range(std::string_view text);

// What makes a plugin: its name, what it does with its arguments, and what QEMU calls.
struct Plugin {
    const char* name;
    Results& results;  // where the argument `out` says
    // Takes an argument other than `out`, returns what is wrong with it, if anything.
    std::optional<std::string> (*take)(std::string_view argument, const std::string& value);
    // Called when all have been taken; returns what is missing, if anything.
    std::optional<std::string> (*ready)();
    qemu_plugin_vcpu_simple_cb_t core_starts;
    qemu_plugin_vcpu_tb_trans_cb_t block_translated;
    qemu_plugin_udata_cb_t machine_ends;
};

// What qemu_plugin_install() does: 0, or 1 if the machine is not one with a single AArch64 core or an argument is wrong,
// which it says.
[[nodiscard]] int install(const Plugin& plugin, qemu_plugin_id_t id, const qemu_info_t& info,
                          std::span<char*> arguments);

}  // namespace selene::bench
