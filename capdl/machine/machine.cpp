// SPDX-License-Identifier: BSD-2-Clause
// The machine that a system is for, as its device tree describes it.
#include "machine/machine.hpp"

#include <algorithm>
#include <cstring>

#include "boot/device_tree.hpp"
#include "loader/device_names.hpp"

extern "C" {
#include <libfdt.h>
}

namespace capdl {
namespace {

namespace boot = selene::boot;

loader::DeviceNames names_in(const std::vector<uint64_t>& tree) {
    return loader::DeviceNames(reinterpret_cast<uint64_t>(tree.data()));
}

template <class Ranges>
std::vector<MemoryRange> copy_of(const Ranges& ranges) {
    std::vector<MemoryRange> result;
    for (const selene::PhysRange range : ranges.view()) {
        result.push_back({range.base, range.size});
    }
    return result;
}

bool any_holds(const std::vector<MemoryRange>& ranges, MemoryRange range) {
    return std::ranges::any_of(ranges, [range](MemoryRange each) { return each.holds(range); });
}

}  // namespace

std::expected<Machine, std::string> Machine::read(std::string_view tree) {
    Machine machine;
    machine.tree_.resize(tree.size() / sizeof(uint64_t) + 1);
    std::memcpy(machine.tree_.data(), tree.data(), tree.size());
    const auto description = boot::read_device_tree(std::as_bytes(std::span(machine.tree_)).first(tree.size()));
    if (!description) {
        return std::unexpected(description.error().refusal.reason);
    }
    // As arch-aarch64/boot/placement.cpp does it.
    boot::MemoryList memory = description->memory;
    boot::RangeList<selene::BootDescription::maximum_device_ranges> devices;
    const selene::InterruptControllerDescription& controller = description->interrupt_controller;
    if (!memory.remove(description->reserved) ||
        !memory.remove({boot::window_end, boot::physical_end - boot::window_end}) ||
        !devices.add({0, boot::physical_end}) || !devices.remove(description->memory) ||
        !devices.remove(description->reserved) || !devices.remove(controller.distributor) ||
        !devices.remove(controller.interface)) {
        return std::unexpected("memory is in too many pieces");
    }
    machine.memory_ = copy_of(memory);
    machine.devices_ = copy_of(devices);
    machine.timer_lines_[0] = description->timer_line;
    machine.timer_lines_[1] = description->hypervisor_timer_line;
    machine.cores_ = description->core_count;
    machine.collect_devices();
    machine.collect_names();
    return machine;
}

void Machine::collect_devices() {
    boot::TreeWalk walk(tree_.data());
    for (auto more = walk.advance(); more && *more; more = walk.advance()) {
        for (size_t index = 0; index < walk.reg_count(); ++index) {
            if (const auto range = walk.physical_reg(index); range && range->size != 0) {
                registers_.push_back({range->base, range->size});
            }
        }
        const boot::Property& interrupts = walk.node().interrupts;
        for (size_t cell = 0; cell < interrupts.cells(); ++cell) {
            if (const auto line = loader::DeviceNames::interrupt_in(interrupts, static_cast<uint32_t>(cell))) {
                lines_.insert(*line);
            }
        }
    }
}

void Machine::collect_names() {
    names_.emplace_back("stdout");
    for (const char* folder : {"/aliases", "/__symbols__"}) {
        const int node = fdt_path_offset(tree_.data(), folder);
        if (node < 0) {
            continue;
        }
        for (int property = fdt_first_property_offset(tree_.data(), node); property >= 0;
             property = fdt_next_property_offset(tree_.data(), property)) {
            const char* name = nullptr;
            if (fdt_getprop_by_offset(tree_.data(), property, &name, nullptr) != nullptr) {
                names_.emplace_back(name);
            }
        }
    }
}

bool Machine::can_have(MemoryRange range) const { return any_holds(memory_, range) || any_holds(devices_, range); }

bool Machine::is_memory(MemoryRange range) const { return any_holds(memory_, range); }

bool Machine::has_registers_in(MemoryRange range) const {
    return std::ranges::any_of(
        registers_, [range](MemoryRange each) { return each.base < range.end() && range.base < each.end(); });
}

std::optional<MemoryRange> Machine::registers(std::string_view device, uint32_t index) const {
    const auto range = names_in(tree_).registers(device, index);
    return range ? std::optional(MemoryRange{range->base, range->size}) : std::nullopt;
}

std::optional<uint64_t> Machine::interrupt(std::string_view device, uint32_t index) const {
    return names_in(tree_).interrupt(device, index);
}

bool Machine::has_device(std::string_view device) const { return names_in(tree_).has(device); }

}  // namespace capdl
