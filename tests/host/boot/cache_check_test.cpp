// SPDX-License-Identifier: BSD-2-Clause
// Which caches the kernel can work with.
#include "boot/cache_check.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace selene;
using namespace selene::boot;

namespace {

// CTR_EL0 and DCZID_EL0 of a Cortex-A72.
constexpr uint64_t cache_type = 0x8444'c004;
constexpr uint64_t zeroing_block = 4;

}  // namespace

TEST_CASE("caches with lines of 64 bytes and more are good, and zeroing by 64 bytes only") {
    CHECK(check_caches(cache_type, zeroing_block));
    CHECK(check_caches(CacheType::SmallestDataLine::with(cache_type, 5), zeroing_block));
    const auto short_lines = check_caches(CacheType::SmallestDataLine::with(cache_type, 3), zeroing_block);
    REQUIRE(!short_lines);
    CHECK(short_lines.error().detail == 32);
    for (const uint64_t other : {3, 5}) {
        const auto refused = check_caches(cache_type, other);
        REQUIRE(!refused);
        CHECK(refused.error().detail == uint64_t{4} << other);
    }
    CHECK(!check_caches(cache_type, zeroing_block | ZeroingBlock::Prohibited::mask));
}
