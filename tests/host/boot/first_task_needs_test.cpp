// SPDX-License-Identifier: BSD-2-Clause
// How much the first task takes, by hand. That it is enough, every system that boots shows.
#include "boot/first_task_needs.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace selene;

namespace {

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t gib = 1 << 30;
constexpr uint64_t table_bytes = 8192;

FirstTaskSegment segment(uint64_t address, uint64_t size, uint32_t writable) {
    return {address, {0, size}, size, size, writable, 0};
}

BootDescription plain() {
    BootDescription description{};
    description.memory_count = 2;
    description.device_count = 3;
    description.first_task_slots = 1000;
    description.device_tree = {0, 2 * page_bytes};
    description.segment_count = 2;
    description.segments[0] = segment(2 * mib, 3 * page_bytes, 0);
    description.segments[1] = segment(4 * mib, 5 * page_bytes, 1);
    return description;
}

}  // namespace

TEST_CASE("page tables that a mapping takes: one of level 2 for each GiB touched, one of level 3 for each 2 MiB") {
    CHECK(FirstTaskNeeds::page_tables(0, 0) == 0);
    CHECK(FirstTaskNeeds::page_tables(2 * mib, 1) == 2);
    CHECK(FirstTaskNeeds::page_tables(2 * mib, 2 * mib) == 2);
    CHECK(FirstTaskNeeds::page_tables(2 * mib, 2 * mib + 1) == 3);
    CHECK(FirstTaskNeeds::page_tables(4 * mib - page_bytes, 2 * page_bytes) == 3);
    CHECK(FirstTaskNeeds::page_tables(gib - page_bytes, 2 * page_bytes) == 4);
    CHECK(FirstTaskNeeds::page_tables(0, gib) == 1 + 512);
}

TEST_CASE("a small first task") {
    const FirstTaskNeeds needs = FirstTaskNeeds::of(plain());
    // Fixed slots, untypeds, frames of both segments, tree, BootInfo and buffer, three times two page tables.
    CHECK(needs.slots == 32 + (2 + 1 + 3) + 3 + 5 + 2 + 2 + 6 + 1000);
    const uint64_t table = 64 + 32 * needs.slots;
    CHECK(needs.bytes == round_up(table, page_bytes) + page_bytes + 7 * table_bytes + (5 + 2) * page_bytes);
}

TEST_CASE("a large image takes its page tables") {
    BootDescription description = plain();
    const FirstTaskNeeds small = FirstTaskNeeds::of(description);
    description.segments[0] = segment(2 * mib, 256 * mib, 0);
    const FirstTaskNeeds large = FirstTaskNeeds::of(description);
    CHECK(large.slots - small.slots == (256 * mib / page_bytes - 3) + 127);
    CHECK(large.bytes - small.bytes >= 127 * table_bytes + 32 * (large.slots - small.slots));
}

TEST_CASE("the place is the first that leaves the description alone") {
    BootDescription description = plain();
    const auto base = [&](uint64_t bytes) {
        const PhysRange place = FirstTaskNeeds::place(description, bytes);
        CHECK((place.size == 0 || place.size == bytes));
        return place.size == 0 ? 0 : place.base;
    };
    description.memory[0] = {4 * mib, 2 * mib};
    description.memory[1] = {gib, 4 * mib};
    CHECK(base(2 * mib) == 4 * mib);
    CHECK(base(2 * mib + page_bytes) == gib);
    CHECK(base(4 * mib + page_bytes) == 0);

    description.own = {5 * mib, page_bytes};  // in the middle: before it, behind it, elsewhere
    CHECK(base(mib) == 4 * mib);
    CHECK(base(mib - page_bytes) == 4 * mib);
    description.own = {4 * mib + 3 * page_bytes, page_bytes};
    CHECK(base(3 * page_bytes) == 4 * mib);
    CHECK(base(4 * page_bytes) == 4 * mib + 4 * page_bytes);
    CHECK(base(2 * mib - 4 * page_bytes) == 4 * mib + 4 * page_bytes);
    CHECK(base(2 * mib - 3 * page_bytes) == gib);
    description.own = {6 * mib - page_bytes, 2 * page_bytes};  // across the end
    CHECK(base(2 * mib - page_bytes) == 4 * mib);
    CHECK(base(2 * mib) == gib);
    description.own = {4 * mib - page_bytes, 2 * page_bytes};  // across the begin
    CHECK(base(page_bytes) == 4 * mib + page_bytes);
    description.own = {gib, 4 * mib};
    CHECK(base(3 * mib) == 0);
}
