// SPDX-License-Identifier: BSD-2-Clause
// Reading a tree that may hold anything, and what has to be true of the result.
#include "tree_promises.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>

#include "boot/device_tree.hpp"
#include "boot/placement.hpp"
#include "loader/device_names.hpp"

namespace selene::boot {
namespace {

void check_promises(const MachineDescription& machine) {
    REQUIRE(!machine.memory.view().empty());
    REQUIRE(end_of(machine.memory.view().back()) <= physical_end);
    REQUIRE(machine.core_count > 0);
    REQUIRE(machine.core_count <= machine.cores.size());
    for (unsigned i = 0; i < machine.core_count; i++) {
        const CoreDescription& core = machine.cores[i];
        REQUIRE((core.affinity & 0xffff'ff00'ff00'0000) == 0);
        for (unsigned j = 0; j < i; j++) REQUIRE(machine.cores[j].affinity != core.affinity);
        if (core.start != CoreStart::spin_table) continue;
        REQUIRE(is_aligned(core.release_address, 8));
        REQUIRE(machine.memory.holds(core.release_page()));
        REQUIRE(machine.reserved.holds(core.release_page()));
    }
    if (const auto frequency = timer_frequency(machine, 62'500'000)) {
        REQUIRE(*frequency >= 1'000'000);
        REQUIRE(*frequency >> 32 == 0);
    }
    REQUIRE(machine.timer_line >= 16);
    REQUIRE(machine.timer_line < 1020);
    const auto& controller = machine.interrupt_controller;
    const PhysRange registers[] = {controller.distributor, controller.interface, machine.serial.registers};
    for (size_t i = 0; i < std::size(registers); i++) {
        REQUIRE(end_of(registers[i]) <= window_end);
        REQUIRE(is_aligned(registers[i].base | registers[i].size, page_bytes));
        REQUIRE(!machine.memory.touches(registers[i]));
        for (size_t j = 0; j < i; j++) REQUIRE(!overlap(registers[i], registers[j]));
    }
}

void check_order(std::span<const PhysRange> ranges, uint64_t end) {
    for (const PhysRange& range : ranges) {
        REQUIRE(range.size > 0);
        REQUIRE(is_aligned(range.base | range.size, page_bytes));
        REQUIRE(range.base < end_of(range));
        REQUIRE(end_of(range) <= end);
        if (&range != ranges.data()) REQUIRE(end_of(*(&range - 1)) <= range.base);
    }
}

/// What the kernel is told to give away: memory and devices, each once, and nothing that is its own.
void check_description(const MachineDescription& machine, const Occupied& occupied, const Survey& survey) {
    const auto workspace = survey.empty.find(16 * page_bytes, page_bytes);
    if (!workspace) return;
    BootDescription description{};
    if (!describe_memory(machine, occupied, survey.usable, *workspace, description)) return;
    const auto memory = std::span(description.memory).first(description.memory_count);
    const auto devices = std::span(description.devices).first(description.device_count);
    check_order(memory, window_end);
    check_order(devices, physical_end);
    for (const PhysRange range : memory) {
        REQUIRE(machine.memory.holds(range));
        for (const PhysRange own : {occupied.kernel.whole(), occupied.system_part, *workspace})
            REQUIRE(!overlap(range, own));
    }
    for (const PhysRange range : devices) {
        REQUIRE(!machine.memory.touches(range));
        REQUIRE(!machine.reserved.touches(range));
        REQUIRE(!overlap(range, machine.interrupt_controller.distributor));
        REQUIRE(!overlap(range, machine.interrupt_controller.interface));
    }
}

/// With an image, a system and the tree side by side in the first memory that there is.
void check_survey(const MachineDescription& machine, uint64_t tree_size) {
    constexpr uint64_t mib = 1 << 20;
    const PhysRange memory = machine.memory.view().front();
    if (memory.size < 8 * mib) return;
    const Occupied occupied{
        .image = {memory.base, mib},
        .system_part = {memory.base + mib, mib},
        .device_tree = {memory.base + 2 * mib, tree_size},
        .kernel = {.base = 0,
                   .text = {memory.base + mib / 2, page_bytes},
                   .rodata = {memory.base + mib / 2 + page_bytes, page_bytes},
                   .data = {memory.base + mib / 2 + 2 * page_bytes, page_bytes}},
    };
    const auto survey = survey_memory(machine, occupied);
    if (!survey) return;
    for (unsigned i = 0; i < machine.core_count; i++) {
        if (machine.cores[i].start == CoreStart::spin_table)
            REQUIRE(!survey->usable.touches(machine.cores[i].release_page()));
    }
    check_description(machine, occupied, *survey);
    for (const PhysRange range : survey->empty.view()) {
        REQUIRE(machine.memory.holds(range));
        REQUIRE(!overlap(range, occupied.image));
        REQUIRE(!overlap(range, occupied.system_part));
        REQUIRE(!overlap(range, occupied.device_tree));
    }
}

void look_for_devices(std::span<const std::byte> tree) {
    const capdl::loader::DeviceNames names(reinterpret_cast<uint64_t>(tree.data()));
    for (const char* name : {"stdout", "serial0", "uart", "arm,pl011", "acme,none", "/", "/soc/serial", "", ","}) {
        for (const uint32_t index : {0u, 1u, 0xffffu}) {
            (void)names.registers(name, index);
            (void)names.interrupt(name, index);
        }
        (void)names.models(name);
    }
}

}  // namespace

bool read_and_check(std::span<const std::byte> tree) {
    // Trees are aligned to 8 bytes, which new does at least.
    const auto exact = std::make_unique_for_overwrite<std::byte[]>(tree.size());
    std::ranges::copy(tree, exact.get());
    const auto machine = read_device_tree({exact.get(), tree.size()});
    if (!machine) {
        REQUIRE(machine.error().refusal.reason != nullptr);
        return false;
    }
    check_promises(*machine);
    check_survey(*machine, tree.size());
    look_for_devices({exact.get(), tree.size()});
    return true;
}

}  // namespace selene::boot
