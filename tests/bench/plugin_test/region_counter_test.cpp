// SPDX-License-Identifier: BSD-2-Clause
// Which instructions lie between markers: a region that begins behind the kernel's wait for an interrupt.
#include "region_counter.hpp"

#include <catch2/catch_test_macros.hpp>

namespace selene::bench {

namespace {

constexpr std::uint16_t row = 7;

void execute(RegionCounter& counter, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; i++) {
        counter.execute(Side::kernel, 64 * i);
    }
}

}  // namespace

TEST_CASE("what is executed before the last wait does not count") {
    RegionCounter counter;
    counter.select(row);
    CHECK_FALSE(counter.start_behind_wait().has_value());
    counter.execute_system_call(0);
    execute(counter, 5);
    counter.wait();
    execute(counter, 4);
    counter.wait();
    execute(counter, 3);
    const Region* region = counter.end();
    REQUIRE(region != nullptr);
    CHECK(region->row == row);
    CHECK(region->kernel.instructions == 3);
    CHECK(region->kernel.code_lines.size() == 3);
    CHECK(region->system_calls == 0);
}

TEST_CASE("without a wait there is no region behind one") {
    RegionCounter counter;
    counter.select(row);
    CHECK_FALSE(counter.start_behind_wait().has_value());
    execute(counter, 5);
    CHECK(counter.end() == nullptr);
}

TEST_CASE("a region that does not begin behind a wait goes through it") {
    RegionCounter counter;
    counter.select(row);
    CHECK_FALSE(counter.start().has_value());
    execute(counter, 5);
    counter.wait();
    execute(counter, 5);
    const Region* region = counter.end();
    REQUIRE(region != nullptr);
    CHECK(region->kernel.instructions == 10);
}

TEST_CASE("each row that is to be listed is, and no other") {
    RegionCounter counter;
    counter.trace_row(row);
    counter.trace_row(row + 1);
    for (const std::uint16_t number : {row, static_cast<std::uint16_t>(row + 1), static_cast<std::uint16_t>(row + 2)}) {
        counter.select(number);
        CHECK_FALSE(counter.start().has_value());
        execute(counter, 2);
        const Region* region = counter.end();
        REQUIRE(region != nullptr);
        CHECK(region->trace.size() == (number <= row + 1 ? 2 : 0));
    }
}

}  // namespace selene::bench
