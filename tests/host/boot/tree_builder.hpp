// SPDX-License-Identifier: BSD-2-Clause
// Device trees for tests: a plain machine whose parts can be exchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "boot/device_tree.hpp"

namespace selene::boot {

using Cells = std::vector<uint32_t>;
/// Suitably aligned for a device tree.
using Tree = std::vector<uint64_t>;

/// What the tree of a small machine says; every property as it stands in the tree. Empty cells: no such property.
struct PlainMachine {
    Cells root_cells = {2, 2};
    Cells memory = {0, 0x4000'0000, 0, 0x1000'0000};
    std::vector<PhysRange> reserved_by_block = {};
    Cells reserved_by_node = {};
    Cells initrd_start = {};
    Cells initrd_end = {};
    Cells rng_seed = {};
    Cells kaslr_seed = {};
    std::string stdout_path = "console:115200";
    Cells cores = {0, 1};
    std::string core_method = "psci";
    /// Where the cores wait, 8 bytes each: in one cell or two.
    Cells core_release = {0, 0x4000'00d8};
    std::vector<std::string> power = {"arm,psci-1.0"};
    std::string conduit = "hvc";
    std::string controller = "arm,cortex-a15-gic";
    Cells controller_registers = {0, 0x0800'0000, 0, 0x1'0000, 0, 0x0801'0000, 0, 0x1'0000};
    Cells controller_cells = {3};
    Cells timer_interrupts = {1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4};
    std::vector<std::string> timer_names = {};
    Cells timer_frequency = {};
    /// The bus that the serial line is on, in cells of its own.
    Cells bus_cells = {1, 1};
    Cells bus_ranges = {0x100'0000, 0, 0x0900'0000, 0x10'0000};
    std::string serial = "arm,pl011";
    std::string serial_status = "okay";
    Cells serial_registers = {0x100'0000, 0x1000};
    Cells serial_interrupts = {0, 1, 4};
    /// So many nodes in each other at the end.
    unsigned extra_depth = 0;

    [[nodiscard]] Tree tree() const;
};

inline std::expected<MachineDescription, TreeRefusal> read(const Tree& tree) {
    return read_device_tree(std::as_bytes(std::span(tree)));
}
inline std::expected<MachineDescription, TreeRefusal> read(const PlainMachine& machine) { return read(machine.tree()); }

/// A tree that the build has made, by the name of its file.
Tree stored_tree(const std::string& name);
std::vector<std::string> stored_trees();

}  // namespace selene::boot
