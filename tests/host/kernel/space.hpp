// SPDX-License-Identifier: BSD-2-Clause
// What tests of mappings map into: the first task's space, so that they can look.
#pragma once

#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "refusal.hpp"

namespace selene::test {

// Numbers of AddressSpace.map's arguments, as errors name them.
inline constexpr uint64_t argument_frame = 2;
inline constexpr uint64_t argument_address = 4;
inline constexpr uint64_t argument_rights = 5;
inline constexpr uint64_t argument_kind = 6;
inline constexpr uint64_t two_mib = uint64_t{1} << 21;
inline constexpr uint64_t one_gib = uint64_t{1} << 30;
inline constexpr uint64_t place = 3 * one_gib + 5 * two_mib;  // nothing is there
inline constexpr auto read_write = Right::read | Right::write;

struct Space {
    World world;
    stub::AddressSpace space = cap<stub::AddressSpace>(BootSlot::space);

    sel::Result<uint64_t> map(uint64_t frame, uint64_t address, abi::RightsMask rights = Right::read,
                              uint64_t count = 1, abi::MemoryKind kind = abi::MemoryKind::normal) {
        return space.map({.frames = own_table(),
                          .first = frame,
                          .count = count,
                          .address = address,
                          .rights = rights,
                          .kind = kind});
    }
    sel::Result<uint64_t> unmap(uint64_t frame, uint64_t count = 1) {
        return space.unmap({.frames = own_table(), .first = frame, .count = count});
    }
    sel::Result<uint64_t> protect(uint64_t frame, abi::RightsMask rights, uint64_t count = 1) {
        return space.protect({.frames = own_table(), .first = frame, .count = count, .rights = rights});
    }
    /// A page table, hung in.
    uint64_t hang(uint64_t address) {
        const uint64_t table = world.make(ObjectType::page_table);
        REQUIRE(space.map_table(cap<stub::PageTable>(table), address).has_value());
        return table;
    }
    uint64_t frames(uint64_t count, uint64_t bits = 12) {
        const uint64_t first = world.take_slots(count);
        REQUIRE(world.memory().retype(
                    {.type = ObjectType::frame, .size = bits, .count = count, .table = own_table(), .first = first}) ==
                count);
        return first;
    }
    bool readable(uint64_t address) { return world.can_access(address, Right::read); }
    bool writable(uint64_t address) { return world.can_access(address, Right::write); }
    bool executable(uint64_t address) { return world.can_access(address, Right::transfer); }
    void destroy(uint64_t slot) {
        REQUIRE(own_table().unmap({.first = slot, .count = 1, .root = abi::KeepRoot::self}).has_value());
    }
};

}  // namespace selene::test
