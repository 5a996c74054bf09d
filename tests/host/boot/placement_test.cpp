// SPDX-License-Identifier: BSD-2-Clause
// What the kernel is told of memory: nothing twice, nothing forgotten.
#include "boot/placement.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <initializer_list>
#include <memory>
#include <random>

using namespace selene;
using namespace selene::boot;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t area = 0x1'0000;

MachineDescription machine_with(std::initializer_list<PhysRange> memory,
                                std::initializer_list<PhysRange> reserved = {}) {
    MachineDescription machine;
    for (const PhysRange range : memory) REQUIRE(machine.memory.add(range));
    for (const PhysRange range : reserved) REQUIRE(machine.reserved.add(range));
    machine.interrupt_controller = {
        InterruptControllerKind::gic_v2, 0, {0x0800'0000, 0x1'0000}, {0x0801'0000, 0x1'0000}};
    return machine;
}

/// An image of 1 MiB at `base` whose second half is the system part, and a tree of 64 KiB at `tree`.
Occupied occupied_at(uint64_t base, uint64_t tree) {
    return {
        .image = {base, mib},
        .system_part = {base + mib / 2, mib / 2},
        .device_tree = {tree, 0x1'0000},
        .kernel = {.base = 0xffff'ffff'c000'0000,
                   .text = {base + 0x2'0000, 0xd000},
                   .rodata = {base + 0x2'd000, 0x1000},
                   .data = {base + 0x2'e000, 0x7000}},
    };
}

/// Every byte of the physical address space must be accounted for exactly once.
void check_account(const MachineDescription& machine, const Occupied& occupied) {
    const auto survey = survey_memory(machine, occupied);
    REQUIRE(survey);
    const auto workspace = survey->empty.find(3 * area, area);
    REQUIRE(workspace);
    for (const PhysRange taken : {occupied.image, occupied.system_part, occupied.device_tree})
        REQUIRE(!overlap(taken, *workspace));

    const auto description = std::make_unique<BootDescription>();
    REQUIRE(describe_memory(machine, occupied, survey->usable, *workspace, *description));
    RangeList<128> seen;
    uint64_t bytes = 0;
    const auto account = [&](PhysRange range) {
        REQUIRE(range.size > 0);
        REQUIRE(!seen.touches(range));
        REQUIRE(seen.add(range));
        bytes += range.size;
    };
    for (const PhysRange range : std::span(description->memory).first(description->memory_count)) {
        REQUIRE(machine.memory.holds(range));
        REQUIRE(survey->window.holds(range));
        account(range);
    }
    for (const PhysRange range : std::span(description->devices).first(description->device_count)) {
        REQUIRE(!machine.memory.touches(range));
        REQUIRE(!machine.reserved.touches(range));
        REQUIRE(range.size <= physical_end / 2);
        account(range);
    }
    account(occupied.kernel.whole());
    account(occupied.system_part);
    account(*workspace);
    account(machine.interrupt_controller.distributor);
    account(machine.interrupt_controller.interface);

    RangeList<128> rest;
    REQUIRE(rest.add({0, physical_end}));
    REQUIRE(rest.remove(seen));
    // What is left is reserved, and not what the loader has reserved for us.
    for (const PhysRange range : rest.view()) REQUIRE(machine.reserved.holds(range));
    REQUIRE(bytes + rest.bytes() == physical_end);
    REQUIRE(!survey->window.touches(occupied.kernel.constant()));
    REQUIRE(survey->window.holds(occupied.kernel.data));
    REQUIRE(survey->window.holds(*workspace));
}

}  // namespace

TEST_CASE("QEMU's virt") {
    check_account(machine_with({{0x4000'0000, 256 * mib}}), occupied_at(0x4020'0000, 0x4800'0000));
}

TEST_CASE("memory from address 0, a tree right behind the image, the image at the end") {
    check_account(machine_with({{0, 64 * mib}}), occupied_at(0x8'0000, 0x18'0000));
    check_account(machine_with({{0, 64 * mib}}), occupied_at(63 * mib, 0x100));
    const auto survey = survey_memory(machine_with({{0, 64 * mib}}), occupied_at(0x8'0000, 0x18'0000));
    REQUIRE(survey);
    CHECK(survey->empty.find(area, area)->base == area);  // an address of 0 means none
}

TEST_CASE("what a loader reserved for the image, the system and the tree is not lost") {
    const Occupied occupied = occupied_at(0x4020'0000, 0x4800'0000);
    const MachineDescription machine =
        machine_with({{0x4000'0000, 256 * mib}}, {occupied.image, {0x4800'0000, 0x1'0000}, {0x4f00'0000, 0x10'0000}});
    check_account(machine, occupied);
    const auto survey = survey_memory(machine, occupied);
    REQUIRE(survey);
    CHECK(survey->usable.bytes() == 255 * mib);
}

TEST_CASE("an initial RAM disk beside a joined system is free memory") {
    MachineDescription machine = machine_with({{0x4000'0000, 256 * mib}}, {{0x4900'0000, mib}});
    machine.initrd = {0x4900'0000, mib};
    const auto survey = survey_memory(machine, occupied_at(0x4020'0000, 0x4800'0000));
    REQUIRE(survey);
    CHECK(survey->usable.bytes() == 256 * mib);
}

TEST_CASE("memory that the kernel's window has no room for is not used") {
    const MachineDescription machine =
        machine_with({{0x4000'0000, 256 * mib}, {window_end - mib, physical_end - window_end}});
    const auto survey = survey_memory(machine, occupied_at(0x4020'0000, 0x4800'0000));
    REQUIRE(survey);
    CHECK(survey->usable.bytes() == 257 * mib);
}

TEST_CASE("an image or a system outside of memory is refused") {
    const MachineDescription machine = machine_with({{0x4000'0000, 256 * mib}});
    const auto image = survey_memory(machine, occupied_at(0x3ff8'0000, 0x4800'0000));
    REQUIRE(!image);
    CHECK_THAT(image.error().reason, ContainsSubstring("the image does not lie in memory"));
    Occupied elsewhere = occupied_at(0x4020'0000, 0x4800'0000);
    elsewhere.system_part.base = 0x6000'0000;
    const auto system = survey_memory(machine, elsewhere);
    REQUIRE(!system);
    CHECK_THAT(system.error().reason, ContainsSubstring("the system does not lie in memory"));
}

TEST_CASE("what is written to start a core is in nothing that was loaded") {
    MachineDescription machine = machine_with({{0x4000'0000, 256 * mib}});
    machine.core_count = 2;
    const auto survey_with = [&](uint64_t release) {
        machine.cores[1] = {1, CoreStart::spin_table, release};
        machine.reserved = {};
        REQUIRE(machine.reserved.add(machine.cores[1].release_page()));
        return survey_memory(machine, occupied_at(0x4020'0000, 0x4800'0000));
    };
    for (const uint64_t used : {0x4020'0000, 0x402f'fff8, 0x4028'0000, 0x4800'0000, 0x4800'fff8}) {
        const auto survey = survey_with(used);
        REQUIRE(!survey);
        CHECK_THAT(survey.error().reason, ContainsSubstring("a core waits for its start in memory that is in use"));
    }
    const auto survey = survey_with(0x4010'0008);
    REQUIRE(survey);
    CHECK(!survey->usable.touches(machine.cores[1].release_page()));
}

TEST_CASE("memory and devices in more pieces than the kernel takes are refused") {
    MachineDescription machine;
    for (uint64_t i = 0; i < BootDescription::maximum_memory_ranges; i++)
        REQUIRE(machine.memory.add({0x4000'0000 + i * 4 * mib, 2 * mib}));
    const Occupied occupied = occupied_at(0x4000'0000, 0x4040'0000);
    const auto survey = survey_memory(machine, occupied);
    REQUIRE(!survey);
    CHECK_THAT(survey.error().reason, ContainsSubstring("memory is in too many pieces"));

    MachineDescription fewer = machine_with({{0x4000'0000, 256 * mib}});
    for (uint64_t i = 0; i < BootDescription::maximum_device_ranges; i++)
        REQUIRE(fewer.reserved.add({0x8000'0000 + i * mib, 0x1000}));
    const auto usable = survey_memory(fewer, occupied);
    REQUIRE(usable);
    const auto description = std::make_unique<BootDescription>();
    const auto done = describe_memory(fewer, occupied, usable->usable, {0x4f00'0000, area}, *description);
    REQUIRE(!done);
    CHECK_THAT(done.error().reason, ContainsSubstring("devices are in too many pieces"));
}

TEST_CASE("random machines are accounted for to the byte") {
    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 300; round++) {
        MachineDescription machine = machine_with({{0x4000'0000, 64 * mib}});
        for (unsigned count = random() % 6; count > 0; count--) {
            const uint64_t base = 0x8000'0000 + random() % (uint64_t{1} << 36) / page_bytes * page_bytes;
            REQUIRE(machine.memory.add({base, (1 + random() % 0x1'0000) * page_bytes}));
        }
        for (unsigned count = random() % 6; count > 0; count--) {
            const uint64_t base = 0x4000'0000 + random() % (64 * mib) / page_bytes * page_bytes;
            REQUIRE(machine.reserved.add({base, (1 + random() % 8) * page_bytes}));
        }
        const uint64_t image = 0x4000'0000 + random() % 32 * mib;
        const uint64_t tree = 0x4000'0000 + 40 * mib + random() % mib / 8 * 8;
        check_account(machine, occupied_at(image, tree));
    }
}
