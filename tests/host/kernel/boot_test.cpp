// SPDX-License-Identifier: BSD-2-Clause
// The boot: what the first task finds.
#include <catch2/catch_test_macros.hpp>

#include <cstring>

#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "object/untyped.hpp"
#include "world.hpp"

namespace selene::test {

TEST_CASE("the first task's fixed slots hold what boot_info.hpp says") {
    World world;
    const auto type_of = [&](BootSlot slot) { return world.slot(static_cast<uint64_t>(slot)).type(); };
    CHECK(world.slot(0).empty());
    CHECK(type_of(BootSlot::table) == CapType::cap_table);
    CHECK(type_of(BootSlot::task) == CapType::task);
    CHECK(type_of(BootSlot::space) == CapType::address_space);
    CHECK(type_of(BootSlot::thread) == CapType::thread);
    CHECK(type_of(BootSlot::sched_context) == CapType::sched_context);
    CHECK(type_of(BootSlot::interrupt_control) == CapType::interrupt_control);
    CHECK(type_of(BootSlot::power_control) == CapType::power_control);
    CHECK(type_of(BootSlot::boot_untyped) == CapType::untyped);
    CHECK(type_of(BootSlot::image_untyped) == CapType::untyped);
    CHECK(type_of(BootSlot::device_tree_untyped) == CapType::untyped);
    CHECK(type_of(BootSlot::boot_info) == CapType::frame);
    CHECK(type_of(BootSlot::schedule_control) == CapType::schedule_control);
    for (uint64_t unused = 17; unused < static_cast<uint64_t>(BootSlot::first_dynamic); ++unused)
        CHECK(world.slot(unused).empty());
    CHECK(&world.object<CapTable>(static_cast<uint64_t>(BootSlot::table)) == &world.table());
    CHECK(&world.object<Thread>(static_cast<uint64_t>(BootSlot::thread)) == &world.first());
}

TEST_CASE("all slots from first_empty_slot on are empty, and there are plenty") {
    World world;
    CHECK(world.info().table_slots == world.table().count());
    CHECK(!world.slot(world.info().first_empty_slot - 1).empty());
    for (uint64_t i = world.info().first_empty_slot; i < world.table().count(); ++i) CHECK(world.slot(i).empty());
    CHECK(world.table().count() - world.info().first_empty_slot >= 1024);
}

TEST_CASE("the first thread runs at the entry, with BootInfo in x0, and may give any priority") {
    World world;
    CHECK(world.running() == &world.first());
    CHECK(world.first().pc == Board::entry);
    CHECK(world.first().priority() == 255);
    CHECK(world.first().maximum_priority == 255);
    CHECK(world.can_access(world.first().registers.x[0], Right::read));
    CHECK(!world.can_access(world.first().registers.x[0], Right::write));
    CHECK(world.info().magic == abi::BootInfo::expected_magic);
    for (unsigned i = 1; i < 19; ++i) CHECK(world.first().registers.x[i] == 0);
}

TEST_CASE("segments are mapped with their rights, and nothing else of theirs is") {
    World world;
    CHECK(world.can_access(Board::entry, Right::transfer));
    CHECK(world.can_access(Board::entry + Board::page, Right::read));
    CHECK(!world.can_access(Board::entry, Right::write));
    CHECK(!world.can_access(Board::entry + 2 * Board::page, Right::read));
    CHECK(world.can_access(Board::data_address, Right::write));
    CHECK(!world.can_access(Board::data_address, Right::transfer));
    CHECK(world.can_access(Board::data_address + Board::page, Right::write));
    CHECK(world.can_access(Board::image_address, Right::read));
    CHECK(!world.can_access(Board::image_address, Right::write));
    CHECK(!world.can_access(Board::image_address, Right::transfer));
    CHECK(world.info().image_address == Board::image_address);
    CHECK(world.info().image_bytes == Board::page);
    CHECK(world.can_access(world.info().ipc_buffer, Right::write));
    CHECK(world.can_access(world.info().device_tree_address, Right::read));
    CHECK(world.can_access(world.info().device_tree_address + world.info().device_tree_bytes - 1, Right::read));
    CHECK(world.info().device_tree_bytes == Board::device_tree.size);
    CHECK(!world.can_access(world.info().free_address, Right::read));
}

TEST_CASE("frames of what is constant cannot be mapped writable: the device tree, code, the system image") {
    World world;
    const auto& info = world.info();
    unsigned in_place = 0;
    for (uint64_t i = static_cast<uint64_t>(BootSlot::first_dynamic); i < info.first_empty_slot; ++i) {
        const Slot& slot = world.slot(i);
        if (slot.type() != CapType::frame) continue;
        const uint64_t base = Frame(slot).base().value();
        const auto lies_in = [&](PhysRange range) { return base - range.base < range.size; };
        if (!lies_in(Board::device_tree) && !lies_in(Board::system_part)) continue;
        in_place++;
        const Rights rights = slot.capability().rights();
        CHECK(rights.include(rights::read));
        CHECK(!rights.include(rights::write));
        CHECK(rights.include(rights::execute) ==
              (base == Board::system_part.base + Board::page || base == Board::system_part.base + 2 * Board::page));
    }
    CHECK(in_place == 2 + 2 + 1);
}

TEST_CASE("a writable segment is the file's bytes and then zeros, in memory of its own") {
    World world;
    const auto* page = world.object<PageTable>(static_cast<uint64_t>(BootSlot::space)).shadow_of<PageTable>(0);
    REQUIRE(page != nullptr);
    const auto found = machine::walk(
        machine::physical(&world.object<PageTable>(static_cast<uint64_t>(BootSlot::space))), Board::data_address);
    REQUIRE(found.has_value());
    const PhysAddr at = machine::PageEntry::address(found->entry);
    CHECK((at.value() < Board::system_part.base || at.value() >= Board::system_part.base + Board::system_part.size));
    const auto* bytes = machine::window<std::byte>(at);
    for (unsigned i = 0; i < Board::page; ++i) CHECK((bytes[i] == (i < 100 ? machine::Memory::rubbish : std::byte{0})));
}

TEST_CASE("every byte of memory is the kernel's or in exactly one untyped") {
    World world;
    const auto& info = world.info();
    uint64_t untyped_bytes = 0;
    for (const BootSlot slot : {BootSlot::boot_untyped, BootSlot::image_untyped, BootSlot::device_tree_untyped}) {
        untyped_bytes += Untyped(world.slot(static_cast<uint64_t>(slot))).bytes();
    }
    bool devices_begun = false;
    for (uint64_t i = 0; i < info.untyped_count; ++i) {
        const abi::BootUntyped& listed = info.untypeds[i];
        const Untyped untyped(world.slot(listed.slot));
        CHECK(untyped.base().value() == listed.base);
        CHECK(untyped.bytes() == listed.bytes);
        CHECK(untyped.device() == (listed.device != 0));
        CHECK(untyped.watermark() == 0);
        if (listed.device == 0) untyped_bytes += listed.bytes;
        devices_begun = devices_begun || listed.device != 0;
        CHECK(devices_begun == (listed.device != 0));
    }
    CHECK(info.kernel_bytes == Board::core_area.size + Board::kernel_image.size);
    CHECK(info.boot_bytes == info.kernel_bytes + untyped_bytes);
    CHECK(info.boot_bytes == Board::core_area.size + Board::kernel_image.size + Board::device_tree.size +
                                 Board::system_part.size + Board::small_memory.size + Board::memory.size);
}

TEST_CASE("BootInfo describes the machine") {
    World world;
    const auto& info = world.info();
    CHECK(info.timer_frequency == machine::SimulatedMachine::frequency);
    CHECK(info.timer_line == machine::SimulatedMachine::kernel_timer_line);
    CHECK(info.core_count == 1);
    CHECK(info.cores_answered == 1);
    CHECK(info.serial_kind == static_cast<uint64_t>(SerialKind::pl011));
    CHECK(info.serial_base == Board::serial.base);
    CHECK(info.serial_line == 33);
    CHECK(info.minimum_budget == machine::SimulatedMachine::frequency / 100'000);
    CHECK(info.free_address % (2 << 20) == 0);
}

TEST_CASE("the first task can take back what it was made from") {
    World world;
    const auto boot_untyped = static_cast<uint64_t>(BootSlot::boot_untyped);
    const uint64_t untyped = world.derive(static_cast<uint64_t>(BootSlot::table), every_right);
    CHECK(!world.slot(untyped).empty());
    // Its thread is made of it: nothing is left to run.
    (void)own_table().unmap({.first = boot_untyped, .count = 1, .root = abi::KeepRoot::descendants});
    CHECK(world.running() == nullptr);
}

}  // namespace selene::test
