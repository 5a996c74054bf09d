// SPDX-License-Identifier: BSD-2-Clause
// Ends of address spaces and of page tables: a range that gets there stops, and does not go on behind or at the beginning.
#include "object/frame.hpp"
#include "object/page_table.hpp"
#include "refusal.hpp"

namespace selene::test {

namespace {

constexpr uint64_t table_span = uint64_t{1} << 21;

}  // namespace

TEST_CASE("a range of frames ends with the space") {
    constexpr uint64_t end = uint64_t{1} << abi::address_bits;
    World world;
    const auto space = cap<stub::AddressSpace>(world.make(ObjectType::address_space));
    for (const uint64_t address : {end - table_span, end - table_span, uint64_t{0}, uint64_t{0}}) {
        REQUIRE(space.map_table(cap<stub::PageTable>(world.make(ObjectType::page_table)), address).has_value());
    }
    const uint64_t frames = world.make(ObjectType::frame, 12);
    REQUIRE(world.make(ObjectType::frame, 12) == frames + 1);
    const auto mapped = space.map({.frames = own_table(),
                                   .first = frames,
                                   .count = 2,
                                   .address = end - page_bytes,
                                   .rights = Right::read,
                                   .kind = abi::MemoryKind::normal});
    check_refused_after({ErrorCode::argument_out_of_range, 4, end, 1}, [&] { return mapped; });
    CHECK(space.unmap({.frames = own_table(), .first = frames, .count = 2}) == 2);
}

TEST_CASE("a range of frames stops where a page table ends and the next one is missing") {
    // Right behind the last entry stands what the table knows of its parent: zeroes, if it hangs in the first entry of
    // a table at a multiple of 64 KiB.
    constexpr uint64_t alignment = uint64_t{1} << 16;
    World world;
    const auto space = cap<stub::AddressSpace>(world.make(ObjectType::address_space));
    uint64_t upper = world.make(ObjectType::page_table);
    while (reinterpret_cast<uint64_t>(&world.object<PageTable>(upper)) % alignment != 0) {
        world.make(ObjectType::untyped, 1);
        upper = world.make(ObjectType::page_table);
    }
    REQUIRE(space.map_table(cap<stub::PageTable>(upper), 0).has_value());
    REQUIRE(space.map_table(cap<stub::PageTable>(world.make(ObjectType::page_table)), 0).has_value());
    const uint64_t frames = world.make(ObjectType::frame, 12);
    REQUIRE(world.make(ObjectType::frame, 12) == frames + 1);
    const auto mapped = space.map({.frames = own_table(),
                                   .first = frames,
                                   .count = 2,
                                   .address = table_span - page_bytes,
                                   .rights = Right::read,
                                   .kind = abi::MemoryKind::normal});
    check_refused_after({ErrorCode::missing_table, 3, table_span, 1}, [&] { return mapped; });
    CHECK(space.unmap({.frames = own_table(), .first = frames, .count = 2}) == 2);
}

TEST_CASE("a range of frames ends with its table, whatever lies behind") {
    // A table of exactly a page, and behind it a page that says what a slot with a frame would.
    constexpr uint64_t slots = (page_bytes - sizeof(CapTable)) / sizeof(Slot);
    World world;
    const auto space = cap<stub::AddressSpace>(world.make(ObjectType::address_space));
    for (unsigned level = 2; level <= 3; ++level) {
        REQUIRE(space.map_table(cap<stub::PageTable>(world.make(ObjectType::page_table)), 0).has_value());
    }
    const auto memory = cap<stub::Untyped>(world.make(ObjectType::untyped, 2));
    const uint64_t table = world.take_slot();
    const uint64_t behind = world.take_slot();
    const auto take = [&](ObjectType type, uint64_t size, uint64_t first) {
        return memory.retype({.type = type, .size = size, .count = 1, .table = own_table(), .first = first});
    };
    REQUIRE(take(ObjectType::cap_table, slots, table).has_value());
    REQUIRE(take(ObjectType::frame, 12, behind).has_value());
    const uint64_t last = slots - 1;
    const auto moved = cap<stub::CapTable>(table).grant(
        {.first = last, .source = own_table(), .source_first = world.make(ObjectType::frame, 12), .count = 1});
    REQUIRE(moved.has_value());
    const Slot& frame = world.object<CapTable>(table).slots()[last];
    REQUIRE(machine::window<void>(Frame(world.slot(behind)).base()) == static_cast<const void*>(&frame + 1));
    machine::window<uint64_t>(Frame(world.slot(behind)).base())[0] = frame.capability().word0();
    const auto mapped = space.map({.frames = cap<stub::CapTable>(table),
                                   .first = last,
                                   .count = 2,
                                   .address = 0,
                                   .rights = Right::read,
                                   .kind = abi::MemoryKind::normal});
    check_refused_after({ErrorCode::index_out_of_range, 2, slots, 1}, [&] { return mapped; });
}

TEST_CASE("a range of large frames goes on in the next page table") {
    constexpr unsigned size_bits = 21;
    constexpr uint64_t bytes = uint64_t{1} << size_bits;
    constexpr uint64_t next_table = uint64_t{1} << 30;
    World world;
    const auto space = cap<stub::AddressSpace>(world.make(ObjectType::address_space));
    const uint64_t tables[] = {world.make(ObjectType::page_table), world.make(ObjectType::page_table)};
    REQUIRE(space.map_table(cap<stub::PageTable>(tables[0]), 0).has_value());
    REQUIRE(space.map_table(cap<stub::PageTable>(tables[1]), next_table).has_value());
    const uint64_t frames = world.make(ObjectType::frame, size_bits);
    REQUIRE(world.make(ObjectType::frame, size_bits) == frames + 1);
    CHECK(space.map({.frames = own_table(),
                     .first = frames,
                     .count = 2,
                     .address = next_table - bytes,
                     .rights = Right::read,
                     .kind = abi::MemoryKind::normal}) == 2);
    CHECK(Frame(world.slot(frames)).entry() == &world.object<PageTable>(tables[0]).entries[511]);
    CHECK(Frame(world.slot(frames + 1)).entry() == &world.object<PageTable>(tables[1]).entries[0]);
}

}  // namespace selene::test
