// SPDX-License-Identifier: BSD-2-Clause
// Pages on demand: what is given, what is refused, and that nothing is left behind. Copying is tested on the target,
// where there is memory behind the addresses.

#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <sel/paged_space.hpp>

#include "fake_kernel.hpp"

using namespace sel;

namespace {

constexpr uint64_t page = PagedSpace::page_bytes;
constexpr uint64_t zeroes = 0x4000'0000, text = 0x5000'0000, guard = 0x6000'0000;

/// A space with a region of each kind that needs no copying, and 40 pages of memory.
struct Paged {
    Paged() {
        REQUIRE(slots.add(CapIndex(100), 400));
        REQUIRE(memory.add(kernel.add_untyped(10, 0x40000000, 40), 40));
        for (uint64_t slot = 20; slot < 24; ++slot) {
            kernel.slots[slot] = {.type = abi::ObjectType::frame, .parent = 0, .bytes = page};
        }
        free_slots = slots.available();
        held = kernel.slots.size();
    }

    FakeKernel kernel;
    SlotAllocator slots;
    CapTable table{FakeKernel::own_table};
    UntypedAllocator memory{table, slots};
    AddressAllocator addresses;
    Mapper own{AddressSpace(FakeKernel::own_space), table, memory, addresses};
    std::vector<std::byte> bytes = std::vector<std::byte>(4 * page);
    uint64_t free_slots = 0;
    size_t held = 0;
};

Result<void> touch(PagedSpace& space, uint64_t address, FaultAccess access = FaultAccess::read) {
    return space.handle({address, access, 0});
}

}  // namespace

TEST_CASE("paged space: pages come where they are to be, and nowhere else") {
    Paged with;
    PagedSpace space(AddressSpace(FakeKernel::own_space), with.memory, {with.table, with.slots, with.own});
    CHECK(touch(space, zeroes).error() == Error(LibraryError::no_region, zeroes));
    REQUIRE(space.add({.address = zeroes, .pages = 100, .source = PageSource::zero}));
    REQUIRE(space.add({.address = text, .pages = 4, .source = PageSource::file, .file = {CapIndex(20), with.bytes}}));
    REQUIRE(space.add({.address = guard, .pages = 1, .source = PageSource::guard}));
    CHECK(space.add({.address = zeroes + 99 * page, .pages = 2, .source = PageSource::zero})
              .error()
              .is(abi::ErrorCode::already_mapped));
    CHECK(space.add({.address = 12, .pages = 1, .source = PageSource::zero}).error().is(abi::ErrorCode::misaligned));
    CHECK(space.add({.address = 0, .pages = ~uint64_t{0}, .source = PageSource::zero})
              .error()
              .is(LibraryError::outside_region));
    CHECK(space.add({.address = 0, .pages = 5, .source = PageSource::copy, .file = {CapIndex(20), with.bytes}})
              .error()
              .is(LibraryError::outside_region));

    CHECK(touch(space, zeroes + 5 * page + 123, FaultAccess::write));
    CHECK(touch(space, zeroes + 5 * page));  // two threads have asked for it
    CHECK(space.pages() == 1);
    CHECK(touch(space, text + 3 * page));
    CHECK(touch(space, text + 3 * page, FaultAccess::write).error().is(abi::ErrorCode::missing_right));
    CHECK(touch(space, zeroes, FaultAccess::execute).error().is(abi::ErrorCode::missing_right));
    for (const uint64_t outside : {guard, zeroes - 1, zeroes + 100 * page, text + 4 * page, ~uint64_t{0}}) {
        CHECK(touch(space, outside).error() == Error(LibraryError::no_region, outside));
    }
    CHECK(space.pages() == 2);
}

TEST_CASE("paged space: out of memory, a fault is refused, and served when something was dropped") {
    Paged with;
    PagedSpace space(AddressSpace(FakeKernel::own_space), with.memory, {with.table, with.slots, with.own});
    REQUIRE(space.add({.address = zeroes, .pages = 100, .source = PageSource::zero}));
    uint64_t given = 0;
    while (touch(space, zeroes + given * page, FaultAccess::write)) ++given;
    CHECK(given > 30);
    CHECK(touch(space, zeroes + given * page).error().is(LibraryError::no_memory));
    CHECK(space.pages() == given);
    REQUIRE(space.drop(zeroes, 2));
    CHECK(touch(space, zeroes + given * page));
    CHECK(touch(space, zeroes));
    CHECK(touch(space, zeroes + page).error().is(LibraryError::no_memory));
}

TEST_CASE("paged space: 100,000 random operations leave nothing behind") {
    Paged with;
    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 10; ++round) {
        {
            PagedSpace space(AddressSpace(FakeKernel::own_space), with.memory, {with.table, with.slots, with.own});
            REQUIRE(space.add({.address = zeroes, .pages = 60, .source = PageSource::zero}));
            REQUIRE(space.add(
                {.address = text, .pages = 4, .source = PageSource::file, .file = {CapIndex(20), with.bytes}}));
            for (int operation = 0; operation < 10000; ++operation) {
                const uint64_t address = (random() % 2 == 0 ? zeroes : text) + random() % 64 * page;
                if (random() % 3 == 0) {
                    CHECK(space.drop(address, random() % 8));
                } else {
                    (void)touch(space, address, static_cast<FaultAccess>(random() % 3));
                }
            }
        }
        CHECK(with.memory.free_pages() == 40);
        CHECK(with.slots.available() == with.free_slots);
        CHECK(with.kernel.slots.size() == with.held);
        CHECK((with.kernel.lower_tables.empty() && with.kernel.upper_tables.empty()));
    }
}
