// SPDX-License-Identifier: BSD-2-Clause
// Where things go in an address space: guard pages, alignment, fixed places, what is left.
#include <catch2/catch_test_macros.hpp>

#include "component/address_plan.hpp"

namespace {

using capdl::AddressPlan;
constexpr uint64_t page = AddressPlan::page_size;

}  // namespace

TEST_CASE("placed parts have guard pages between them") {
    AddressPlan plan;
    plan.raise(0x10000);
    const auto first = plan.place(3 * page, page);
    const auto second = plan.place(page, page);
    CHECK(first == 0x11000);
    CHECK(second == 0x11000 + 4 * page);
}

TEST_CASE("a placed part begins at a multiple of its alignment") {
    AddressPlan plan;
    CHECK(plan.place(page, uint64_t{1} << 21) == uint64_t{1} << 21);
    CHECK(plan.place(page, uint64_t{1} << 30) == uint64_t{1} << 30);
}

TEST_CASE("what has a fixed address is passed over, guard pages and all") {
    AddressPlan plan;
    REQUIRE(plan.reserve(0x4000, 2 * page));
    CHECK(plan.place(page, page) == 0x2000);
    CHECK(plan.place(page, page) == 0x7000);
}

TEST_CASE("a part outside of user space, or on another, is refused") {
    AddressPlan plan;
    REQUIRE(plan.reserve(0x4000, 2 * page));
    CHECK(!plan.reserve(0, page));
    CHECK(!plan.reserve(AddressPlan::limit, page));
    CHECK(!plan.reserve(AddressPlan::limit - page, 2 * page));
    CHECK(!plan.reserve(0x10000, ~uint64_t{0}));
    CHECK(!plan.reserve(0x5000, page));
    CHECK(!plan.reserve(0x3000, 2 * page));
    CHECK(!plan.place(AddressPlan::limit, page));
    CHECK(plan.reserve(0x6000, page));
}

TEST_CASE("the largest free stretch is off its neighbours") {
    AddressPlan plan;
    CHECK(plan.largest_free().begin == page);
    CHECK(plan.largest_free().size == AddressPlan::limit - page);
    REQUIRE(plan.reserve(0x200000, 3 * page));
    CHECK(plan.largest_free().begin == 0x204000);
    CHECK(plan.largest_free().begin + plan.largest_free().size == AddressPlan::limit);
    // Even if the last page of user space is taken.
    REQUIRE(plan.reserve(AddressPlan::limit - page, page));
    CHECK(plan.largest_free().begin == 0x204000);
    CHECK(plan.largest_free().begin + plan.largest_free().size == AddressPlan::limit - 2 * page);
    REQUIRE(plan.reserve(uint64_t{1} << 30, page));
    CHECK(plan.largest_free().begin == (uint64_t{1} << 30) + 2 * page);
}
