// SPDX-License-Identifier: BSD-2-Clause
// The kept inputs of the channels' fuzzer, played once, and as many random ones.
#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "replay.hpp"

TEST_CASE("channels with hostile partners that fuzzing has found worth keeping") {
    const selene::fuzz::Played all = selene::fuzz::replay("channels", selene::fuzz::play_channels);
    CHECK(all.obeyed > 0);
    CHECK(all.obeyed < all.entries);
}

TEST_CASE("channels with random partners") {
    std::mt19937_64 random(Catch::getSeed());
    uint64_t obeyed = 0;
    for (int round = 0; round < 20000; ++round) {
        std::vector<uint8_t> bytes(random() % 256);
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
        obeyed += selene::fuzz::play_channels(bytes).obeyed;
    }
    CHECK(obeyed > 100000);
}
