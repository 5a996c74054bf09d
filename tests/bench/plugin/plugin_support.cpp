// SPDX-License-Identifier: BSD-2-Clause
// What the benchmark's QEMU plugins share.
#include "plugin_support.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace selene::bench {

namespace {

constexpr std::uint32_t hint_0x70 = 0xd5032e1f;
constexpr std::uint32_t hint_0x71 = 0xd5032e3f;
constexpr std::uint32_t hint_0x72 = 0xd5032e5f;
constexpr std::uint32_t wfi = 0xd503207f;
constexpr std::uint32_t immediate16_mask = 0xffe0001f;  // all but the immediate, bits 20:5
constexpr std::uint32_t movz_xzr = 0xd280001f;
constexpr std::uint32_t svc = 0xd4000001;

constexpr unsigned address_bits = 48;

}  // namespace

Marker marker_of(std::uint32_t word) {
    if (word == hint_0x70) {
        return Marker::start;
    }
    if (word == hint_0x71) {
        return Marker::end;
    }
    if (word == hint_0x72) {
        return Marker::start_behind_wait;
    }
    if (word == wfi) {
        return Marker::wait;
    }
    if ((word & immediate16_mask) == movz_xzr) {
        return Marker::select;
    }
    return (word & immediate16_mask) == svc ? Marker::system_call : Marker::none;
}

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

void Register::find(const char* plugin, std::string_view name) {
    GArray* registers = qemu_plugin_get_registers();
    const auto* descriptors = reinterpret_cast<const qemu_plugin_reg_descriptor*>(registers->data);
    for (unsigned i = 0; i < registers->len; i++) {
        if (std::string_view(descriptors[i].name) == name) {
            handle_ = descriptors[i].handle;
        }
    }
    g_array_free(registers, 1);
    if (handle_ == nullptr) {
        std::fprintf(stderr, "%s: this QEMU does not let plugins read %s\n", plugin, std::string(name).c_str());
        std::exit(1);
    }
    buffer_ = g_byte_array_new();
}

std::uint32_t Register::read() const {
    g_byte_array_set_size(buffer_, 0);
    qemu_plugin_read_register(handle_, buffer_);
    std::uint32_t value = 0;
    std::memcpy(&value, buffer_->data, sizeof value);
    return value;
}

Side side_of(std::uint32_t program_state) {
    constexpr std::uint32_t exception_level_mask = 3U << 2;  // PSTATE.EL
    return (program_state & exception_level_mask) == 0 ? Side::user : Side::kernel;
}

std::optional<std::string> Results::open(const std::string& path) {
    if (path.empty()) {
        return "out=FILE is missing";
    }
    file_ = std::fopen(path.c_str(), "w");
    return file_ == nullptr ? std::optional("cannot write " + path + ": " + std::strerror(errno)) : std::nullopt;
}

void Results::finish(std::uint64_t executed) const {
    write(R"({"kind":"end","instructions":)" + std::to_string(executed) + "}");
    std::fclose(file_);
}

std::optional<std::uint64_t> number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
        base = 16;
    }
    std::uint64_t value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<AddressRange> range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    std::optional<std::uint64_t> low = number(text.substr(0, dash));
    std::optional<std::uint64_t> high = number(text.substr(dash + 1));
    if (!low || !high || *low >= *high) {
        return std::nullopt;
    }
    return AddressRange{.low = *low, .last = *high - 1};
}

namespace {

bool is_countable(const qemu_info_t& info) {
    return std::string_view(info.target_name) == "aarch64" && info.system_emulation && info.system.max_vcpus == 1;
}

std::optional<std::string> prepare(const Plugin& plugin, const qemu_info_t& info, std::span<char*> arguments) {
    if (!is_countable(info)) {
        return "counts on qemu-system-aarch64 with one core only";
    }
    std::string out;
    for (const std::string_view argument : arguments) {
        const std::size_t equals = std::min(argument.find('='), argument.size());
        const std::string_view name = argument.substr(0, equals);
        const std::string value(argument.substr(std::min(equals + 1, argument.size())));
        if (name == "out") {
            out = value;
        } else if (std::optional<std::string> what = plugin.take(name, value)) {
            return what;
        }
    }
    if (std::optional<std::string> what = plugin.ready()) {
        return what;
    }
    return plugin.results.open(out);
}

}  // namespace

int install(const Plugin& plugin, qemu_plugin_id_t id, const qemu_info_t& info, std::span<char*> arguments) {
    if (std::optional<std::string> what = prepare(plugin, info, arguments)) {
        std::fprintf(stderr, "%s: %s\n", plugin.name, what->c_str());
        return 1;
    }
    qemu_plugin_register_vcpu_init_cb(id, plugin.core_starts);
    qemu_plugin_register_vcpu_tb_trans_cb(id, plugin.block_translated);
    qemu_plugin_register_atexit_cb(id, plugin.machine_ends, nullptr);
    return 0;
}

}  // namespace selene::bench
