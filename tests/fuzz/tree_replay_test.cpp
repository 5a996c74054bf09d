// SPDX-License-Identifier: BSD-2-Clause
// The device trees that the repository keeps because fuzzing has found them, read once each.
#include <catch2/catch_test_macros.hpp>

#include "replay.hpp"

TEST_CASE("device trees that fuzzing has found worth keeping") {
    const selene::fuzz::Played all = selene::fuzz::replay("device_trees", selene::fuzz::play_device_trees);
    CHECK(all.obeyed > 0);
    CHECK(all.obeyed < all.entries);
}
