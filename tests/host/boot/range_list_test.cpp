// SPDX-License-Identifier: BSD-2-Clause
// Sets of physical memory, against a set of single pages.
#include "boot/range_list.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <bitset>
#include <random>

using namespace selene;
using namespace selene::boot;

namespace {

constexpr size_t pages = 64;

template <size_t capacity>
std::bitset<pages> as_bits(const RangeList<capacity>& list) {
    std::bitset<pages> bits;
    uint64_t previous_end = 0;
    bool first = true;
    for (const PhysRange range : list.view()) {
        CHECK(range.size > 0);
        CHECK((first || range.base > previous_end));
        first = false;
        previous_end = end_of(range);
        for (uint64_t page = range.base / page_bytes; page < previous_end / page_bytes; page++) bits.set(page);
    }
    return bits;
}

std::bitset<pages> bits_of(PhysRange range) {
    std::bitset<pages> bits;
    for (uint64_t page = range.base / page_bytes; page < end_of(range) / page_bytes; page++) bits.set(page);
    return bits;
}

}  // namespace

TEST_CASE("random additions and removals keep the set that single pages keep") {
    std::mt19937 random(Catch::getSeed());
    RangeList<8> list;
    std::bitset<pages> expected;
    unsigned refusals = 0;
    for (int step = 0; step < 20'000; step++) {
        const uint64_t first = random() % pages;
        const PhysRange range{first * page_bytes, random() % (pages - first + 1) % 12 * page_bytes};
        const bool add = random() % 2 == 0;
        const std::bitset<pages> wanted = add ? expected | bits_of(range) : expected & ~bits_of(range);
        const bool done = add ? list.add(range) : list.remove(range);
        if (done) expected = wanted;
        refusals += done ? 0 : 1;
        REQUIRE(as_bits(list) == expected);
        REQUIRE(list.bytes() == expected.count() * page_bytes);
        REQUIRE(list.touches(range) == (expected & bits_of(range)).any());
        if (range.size > 0) REQUIRE(list.holds(range) == ((expected & bits_of(range)) == bits_of(range)));
    }
    CHECK(refusals > 0);
}

TEST_CASE("a place is the lowest that is large enough and aligned") {
    RangeList<4> list;
    REQUIRE(list.add({0x1000, 0x2000}));
    REQUIRE(list.add({0x1'8000, 0x1'0000}));
    CHECK(list.find(0x2000, 0x1000)->base == 0x1000);
    CHECK(list.find(0x3000, 0x1000)->base == 0x1'8000);
    CHECK(list.find(0x3000, 0x1'0000)->base == 0x2'0000);
    CHECK(!list.find(0x1'0000, 0x1'0000));
}

TEST_CASE("pages inside and around bytes") {
    CHECK(pages_inside(1, 0x1000).size == 0);
    CHECK(pages_inside(1, 0x2fff).base == 0x1000);
    CHECK(pages_inside(1, 0x2fff).size == 0x1000);
    CHECK(pages_inside(0x5000, 0x1000).size == 0);
    CHECK(pages_around(0xfff, 0x1001).base == 0);
    CHECK(pages_around(0xfff, 0x1001).size == 0x2000);
    CHECK(pages_around(0x1000, 0x1000).size == 0);
}
