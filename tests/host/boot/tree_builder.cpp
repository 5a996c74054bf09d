// SPDX-License-Identifier: BSD-2-Clause
// Device trees for tests, written with libfdt's sequential writer.
#include "tree_builder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

extern "C" {
#include <libfdt.h>
}

namespace selene::boot {
namespace {

class Writer {
public:
    Writer() : blob_(8192) { check(fdt_create(blob_.data(), size())); }

    void reserve(PhysRange range) { check(fdt_add_reservemap_entry(blob_.data(), range.base, range.size)); }
    void end_reservations() { check(fdt_finish_reservemap(blob_.data())); }

    void begin(const std::string& name) { check(fdt_begin_node(blob_.data(), name.c_str())); }
    void end() { check(fdt_end_node(blob_.data())); }

    void cells(const char* name, const Cells& values) {
        if (values.empty()) return;
        std::vector<fdt32_t> big_endian(values.size());
        std::ranges::transform(values, big_endian.begin(), [](uint32_t value) { return cpu_to_fdt32(value); });
        check(fdt_property(blob_.data(), name, big_endian.data(), static_cast<int>(big_endian.size() * 4)));
    }
    void strings(const char* name, const std::vector<std::string>& values) {
        if (values.empty()) return;
        std::string list;
        for (const std::string& value : values) list += value + '\0';
        check(fdt_property(blob_.data(), name, list.data(), static_cast<int>(list.size())));
    }
    void string(const char* name, const std::string& value) {
        if (!value.empty()) strings(name, {value});
    }
    /// Both #...-cells.
    void child_cells(const Cells& address_and_size) {
        cells("#address-cells", {address_and_size.at(0)});
        cells("#size-cells", {address_and_size.at(1)});
    }

    Tree finish() {
        check(fdt_finish(blob_.data()));
        return std::move(blob_);
    }

private:
    [[nodiscard]] int size() const { return static_cast<int>(blob_.size() * sizeof(uint64_t)); }
    static void check(int error) {
        if (error != 0) throw std::runtime_error("libfdt: error " + std::to_string(-error));
    }

    Tree blob_;
};

void write_cores(Writer& writer, const PlainMachine& machine) {
    writer.begin("cpus");
    writer.child_cells({1, 0});
    for (const uint32_t core : machine.cores) {
        writer.begin("cpu@" + std::to_string(core));
        writer.string("device_type", "cpu");
        writer.cells("reg", {core});
        writer.string("enable-method", machine.core_method);
        Cells release = machine.core_release;
        if (!release.empty()) release.back() += 8 * core;
        writer.cells("cpu-release-addr", release);
        writer.end();
    }
    writer.end();
}

void write_bus(Writer& writer, const PlainMachine& machine) {
    writer.begin("bus");
    writer.string("compatible", "simple-bus");
    writer.child_cells(machine.bus_cells);
    writer.cells("ranges", machine.bus_ranges);
    writer.begin("uart@1000000");
    writer.string("compatible", machine.serial);
    writer.string("status", machine.serial_status);
    writer.cells("reg", machine.serial_registers);
    writer.cells("interrupts", machine.serial_interrupts);
    writer.end();
    writer.end();
}

}  // namespace

Tree PlainMachine::tree() const {
    Writer writer;
    for (const PhysRange range : reserved_by_block) writer.reserve(range);
    writer.end_reservations();

    writer.begin("");
    writer.child_cells(root_cells);
    writer.begin("chosen");
    writer.string("stdout-path", stdout_path);
    writer.cells("linux,initrd-start", initrd_start);
    writer.cells("linux,initrd-end", initrd_end);
    writer.cells("rng-seed", rng_seed);
    writer.cells("kaslr-seed", kaslr_seed);
    writer.end();
    writer.begin("aliases");
    writer.string("console", "/bus/uart@1000000");
    writer.end();
    writer.begin("memory@40000000");
    writer.string("device_type", "memory");
    writer.cells("reg", memory);
    writer.end();
    writer.begin("reserved-memory");
    writer.child_cells({2, 2});
    writer.begin("firmware");
    writer.cells("reg", reserved_by_node);
    writer.end();
    writer.end();
    write_cores(writer, *this);
    writer.begin("psci");
    writer.strings("compatible", power);
    writer.string("method", conduit);
    writer.end();
    writer.begin("interrupts@8000000");
    writer.string("compatible", controller);
    writer.cells("#interrupt-cells", controller_cells);
    writer.cells("reg", controller_registers);
    writer.end();
    writer.begin("timer");
    writer.string("compatible", "arm,armv8-timer");
    writer.cells("interrupts", timer_interrupts);
    writer.strings("interrupt-names", timer_names);
    writer.cells("clock-frequency", timer_frequency);
    writer.end();
    write_bus(writer, *this);
    for (unsigned depth = 0; depth < extra_depth; depth++) writer.begin("deeper");
    for (unsigned depth = 0; depth < extra_depth; depth++) writer.end();
    writer.end();
    return writer.finish();
}

Tree stored_tree(const std::string& name) {
    std::ifstream file(std::filesystem::path(SELENE_TREES) / name, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    Tree tree((bytes.size() + sizeof(uint64_t) - 1) / sizeof(uint64_t));
    std::ranges::copy(bytes, reinterpret_cast<char*>(tree.data()));
    return tree;
}

std::vector<std::string> stored_trees() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(SELENE_TREES)) {
        if (entry.path().extension() == ".dtb") names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace selene::boot
