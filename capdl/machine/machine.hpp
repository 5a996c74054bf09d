// SPDX-License-Identifier: BSD-2-Clause
// The machine that a system is for, as its device tree describes it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace capdl {

/// Physical bytes [base, base + size).
struct MemoryRange {
    uint64_t base;
    uint64_t size;

    [[nodiscard]] uint64_t end() const { return base + size; }
    [[nodiscard]] bool holds(MemoryRange other) const { return base <= other.base && other.end() <= end(); }
};

/// Reads a device tree with the code of the boot stage and of the loader, so that what it says of a machine is what
/// will be found on it.
class Machine {
public:
    /// `tree`: a flattened device tree ("Devicetree Specification", "Flattened Devicetree (DTB) Format"). Or a sentence
    /// that says why it is none that Selene boots with.
    [[nodiscard]] static std::expected<Machine, std::string> read(std::string_view tree);

    /// RAM that firmware does not keep, in whole pages, in order.
    [[nodiscard]] const std::vector<MemoryRange>& memory() const { return memory_; }
    /// Whether a frame can be made there: all of it in RAM, or all of it where devices may be.
    [[nodiscard]] bool can_have(MemoryRange range) const;
    [[nodiscard]] bool is_memory(MemoryRange range) const;
    /// Whether any device of the tree has registers in it.
    [[nodiscard]] bool has_registers_in(MemoryRange range) const;
    /// Whether any device of the tree has this interrupt.
    [[nodiscard]] bool has_interrupt(uint64_t line) const { return lines_.contains(line); }
    /// Whether the kernel keeps this interrupt, for its timer.
    [[nodiscard]] bool is_kernels(uint64_t line) const { return line == timer_lines_[0] || line == timer_lines_[1]; }
    [[nodiscard]] uint32_t cores() const { return cores_; }

    /// One of the register ranges of a device, and one of its interrupts by the interrupt controller's number; the
    /// loader's DeviceNames says what a name is.
    [[nodiscard]] std::optional<MemoryRange> registers(std::string_view device, uint32_t index) const;
    [[nodiscard]] std::optional<uint64_t> interrupt(std::string_view device, uint32_t index) const;
    [[nodiscard]] bool has_device(std::string_view device) const;
    /// Aliases and labels.
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

private:
    Machine() = default;
    void collect_devices();
    void collect_names();

    std::vector<uint64_t> tree_;  ///< aligned as its readers want it
    std::vector<MemoryRange> memory_;
    std::vector<MemoryRange> devices_;    ///< where devices may be
    std::vector<MemoryRange> registers_;  ///< where they are
    std::set<uint64_t> lines_;
    std::vector<std::string> names_;
    uint64_t timer_lines_[2]{};
    uint32_t cores_ = 0;
};

}  // namespace capdl
