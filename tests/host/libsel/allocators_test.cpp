// SPDX-License-Identifier: BSD-2-Clause
// Slots, addresses, objects from untyped memory and mappings: everything taken comes back.

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <sel/mapper.hpp>
#include <sel/range_set.hpp>
#include <sel/untyped_allocator.hpp>

#include "fake_kernel.hpp"

using namespace sel;
using abi::ObjectType;

namespace {

/// A task with a table, free slots from 100 on, and some untyped memory.
struct Machine {
    static constexpr uint64_t slot_count = 4000;

    Machine() { (void)slots.add(CapIndex(100), slot_count); }

    FakeKernel kernel;
    SlotAllocator slots;
    CapTable table{FakeKernel::own_table};
};

/// No two objects that are not untypeds share memory.
bool objects_are_apart(const FakeKernel& kernel) {
    std::vector<std::pair<uint64_t, uint64_t>> extents;
    for (const auto& [slot, capability] : kernel.slots) {
        if (capability.type != ObjectType::untyped && capability.bytes != 0) {
            extents.emplace_back(capability.first, capability.first + capability.bytes);
        }
    }
    std::ranges::sort(extents);
    return std::ranges::adjacent_find(extents, [](auto a, auto b) { return a.second > b.first; }) == extents.end();
}

}  // namespace

TEST_CASE("a range set behaves like a set of numbers") {
    std::mt19937 random(Catch::getSeed());
    RangeSet set;
    std::set<uint64_t> model;
    for (int round = 0; round < 20000; ++round) {
        if (random() % 2 == 0) {
            const Range range{random() % 200, random() % 12};
            bool overlaps = false;
            for (uint64_t n = range.first; n < range.first + range.count; ++n) {
                overlaps |= model.contains(n);
            }
            REQUIRE(set.give(range) != overlaps);
            for (uint64_t n = range.first; !overlaps && n < range.first + range.count; ++n) {
                model.insert(n);
            }
        } else {
            const uint64_t count = 1 + random() % 10;
            const uint64_t alignment = uint64_t{1} << random() % 4;
            if (const auto first = set.take(count, alignment)) {
                REQUIRE(*first % alignment == 0);
                for (uint64_t n = *first; n < *first + count; ++n) {
                    REQUIRE(model.erase(n) == 1);
                }
            } else {
                REQUIRE(set.largest() < count + alignment);
            }
        }
        REQUIRE(set.total() == model.size());
        REQUIRE(std::ranges::adjacent_find(set.ranges(), [](const Range& a, const Range& b) {
                    return a.first + a.count >= b.first;
                }) == set.ranges().end());
    }
    CHECK_FALSE(set.give({UINT64_MAX - 3, 5}));
}

TEST_CASE("objects come from untyped memory and their memory comes back") {
    Machine machine;
    UntypedAllocator allocator(machine.table, machine.slots);
    REQUIRE(allocator.add(machine.kernel.add_untyped(10, 0x40000000, 64), 64));
    REQUIRE(allocator.add(machine.kernel.add_untyped(11, 0x50000000, 37), 37));
    CHECK(allocator.free_pages() == 101);
    UntypedAllocator other(machine.table, machine.slots);
    REQUIRE(other.add(machine.kernel.add_untyped(12, 0x60000000, 19)));  // its size is the kernel's to tell
    CHECK(other.free_pages() == 19);
    const uint64_t slots_before = machine.slots.available();

    const auto endpoints = allocator.allocate({.type = ObjectType::endpoint, .count = 3}).value();
    CHECK(machine.kernel.slots.at(endpoints.as<Endpoint>(2).index().raw()).type == ObjectType::endpoint);
    const auto frames = allocator.allocate({.type = ObjectType::frame, .size = 12, .count = 5}).value();
    const auto table = allocator.allocate({.type = ObjectType::cap_table, .size = 500}).value();
    CHECK(objects_are_apart(machine.kernel));

    CHECK(allocator.release(endpoints));
    CHECK(allocator.release(frames));
    CHECK(allocator.release(table));
    CHECK(allocator.release(frames).error().is(LibraryError::not_allocated));
    // One page stays at hand for small objects, with the splits that it came from.
    CHECK(allocator.free_pages() == 100);
    CHECK(machine.slots.available() <= slots_before);
}

TEST_CASE("a frame of 2 MiB finds its alignment in a block that has none") {
    Machine machine;
    UntypedAllocator allocator(machine.table, machine.slots);
    REQUIRE(allocator.add(machine.kernel.add_untyped(10, 0x40001000, 1024), 1024));
    const auto frame = allocator.allocate({.type = ObjectType::frame, .size = 21}).value();
    CHECK(machine.kernel.slots.at(frame.first.raw()).first == 0x40200000);
    CHECK(allocator.release(frame));
    CHECK(allocator.free_pages() == 1024);
}

TEST_CASE("what cannot be had is refused and changes nothing") {
    Machine machine;
    UntypedAllocator allocator(machine.table, machine.slots);
    REQUIRE(allocator.add(machine.kernel.add_untyped(10, 0x40000000, 8), 8));
    const uint64_t slots_before = machine.slots.available();
    const size_t held_before = machine.kernel.slots.size();

    CHECK(allocator.allocate({.type = ObjectType::frame, .size = 12, .count = 9}).error().is(LibraryError::no_memory));
    CHECK(allocator.allocate({.type = ObjectType::endpoint, .count = 5000}).error().is(LibraryError::no_slots));
    CHECK(
        allocator.allocate({.type = ObjectType::frame, .size = 13}).error().is(abi::ErrorCode::argument_out_of_range));
    CHECK(allocator.allocate({.type = ObjectType::power_control}).error().is(abi::ErrorCode::argument_out_of_range));
    CHECK(allocator.allocate({.type = ObjectType::frame, .size = 30, .count = UINT64_MAX})
              .error()
              .is(LibraryError::no_memory));
    for (unsigned after = 0; after < 4; ++after) {  // splits 8, 4, 2 pages, then makes the object
        machine.kernel.retypes_until_refusal = after;
        CHECK(allocator.allocate({.type = ObjectType::frame, .size = 12}).error().is(abi::ErrorCode::depth_exceeded));
    }
    const auto frame = allocator.allocate({.type = ObjectType::frame, .size = 12}).value();
    CHECK(allocator.release(frame));
    CHECK(allocator.free_pages() == 8);
    CHECK(machine.slots.available() == slots_before);
    CHECK(machine.kernel.slots.size() == held_before);
}

TEST_CASE("random making and releasing leaves nothing behind") {
    Machine machine;
    std::mt19937 random(Catch::getSeed());
    {
        UntypedAllocator allocator(machine.table, machine.slots);
        REQUIRE(allocator.add(machine.kernel.add_untyped(10, 0x40000000, 512), 512));
        REQUIRE(allocator.add(machine.kernel.add_untyped(11, 0x60003000, 99), 99));
        std::vector<UntypedAllocator::Objects> held;
        const UntypedAllocator::Request requests[] = {
            {.type = ObjectType::endpoint},
            {.type = ObjectType::thread},
            {.type = ObjectType::page_table},
            {.type = ObjectType::notification, .count = 20},
            {.type = ObjectType::frame, .size = 12, .count = 3},
            {.type = ObjectType::cap_table, .size = 100},
            {.type = ObjectType::untyped, .size = 5},
            {.type = ObjectType::sched_context, .size = 8},
        };
        for (int round = 0; round < 3000; ++round) {
            if (held.empty() || random() % 100 < 52) {
                if (const auto made = allocator.allocate(requests[random() % std::size(requests)])) {
                    held.push_back(*made);
                }
            } else {
                std::swap(held[random() % held.size()], held.back());
                REQUIRE(allocator.release(held.back()));
                held.pop_back();
            }
            if (round % 100 == 0) {
                REQUIRE(objects_are_apart(machine.kernel));
            }
        }
    }
    CHECK(machine.slots.available() == Machine::slot_count);
    CHECK(machine.kernel.slots.size() == 4);  // table, space, two untypeds
}

TEST_CASE("mapping makes the page tables that are missing") {
    Machine machine;
    AddressAllocator addresses;
    REQUIRE(addresses.add(0x7fff'f000, 0x4000'0000));
    UntypedAllocator allocator(machine.table, machine.slots);
    REQUIRE(allocator.add(machine.kernel.add_untyped(10, 0x40000000, 4096), 4096));
    const auto made = allocator.allocate({.type = ObjectType::frame, .size = 12, .count = 700}).value();
    const Frames frames{made.first, made.count};
    {
        Mapper mapper(AddressSpace(FakeKernel::own_space), machine.table, allocator, addresses);
        const uint64_t address = mapper.map(frames).value();
        CHECK(address == 0x7fff'f000);  // across a border of 1 GiB
        CHECK(machine.kernel.upper_tables.size() == 2);
        CHECK(machine.kernel.lower_tables.size() == 3);
        CHECK(machine.kernel.slots.at(made.first.raw() + 699).mapped_at == address + 699 * 4096);
        CHECK(mapper.map(frames).error().is(abi::ErrorCode::already_bound));
        CHECK(mapper.unmap(address, frames));
        CHECK(mapper.map(frames) == address);
        CHECK(mapper.map_at(0x8000'0800, frames).error().is(abi::ErrorCode::already_bound) == false);
        CHECK(mapper.unmap(address, frames));

        const auto large = allocator.allocate({.type = ObjectType::frame, .size = 21}).value();
        const uint64_t at = mapper.map({large.first, 1, 21}).value();
        CHECK(at % 0x200000 == 0);
        CHECK(mapper.unmap(at, {large.first, 1, 21}));
        CHECK(allocator.release(large));
    }
    CHECK(machine.kernel.upper_tables.empty());
    CHECK(machine.kernel.lower_tables.empty());
    CHECK(addresses.available() == 0x4000'0000);
}

TEST_CASE("a mapping that cannot be completed is undone") {
    Machine machine;
    AddressAllocator addresses;
    REQUIRE(addresses.add(0x1000'0000, 0x100'0000));
    UntypedAllocator allocator(machine.table, machine.slots);
    REQUIRE(allocator.add(machine.kernel.add_untyped(10, 0x40000000, 2048), 2048));
    const auto made = allocator.allocate({.type = ObjectType::frame, .size = 12, .count = 1024}).value();
    Mapper mapper(AddressSpace(FakeKernel::own_space), machine.table, allocator, addresses);
    machine.kernel.retypes_until_refusal = 9;  // in the middle: the first tables are there
    const auto mapped = mapper.map({made.first, made.count});
    REQUIRE_FALSE(mapped);
    CHECK(mapped.error().is(abi::ErrorCode::depth_exceeded));
    for (uint64_t i = 0; i < made.count; ++i) {
        REQUIRE_FALSE(machine.kernel.slots.at(made.first.raw() + i).mapped_at);
    }
    CHECK(addresses.available() == 0x100'0000);
    CHECK(mapper.map({made.first, made.count}));
}
