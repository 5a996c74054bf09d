// SPDX-License-Identifier: BSD-2-Clause
// The fuzzers' inputs that the repository keeps, played once each: no invariant breaks.
#include <catch2/catch_test_macros.hpp>

#include "replay.hpp"

namespace selene::fuzz {

TEST_CASE("sequences of system calls that fuzzing has found worth keeping") {
    const Played all = replay("system_calls", play_system_calls);
    CHECK(all.obeyed > all.entries / 10);
}

TEST_CASE("messages that fuzzing has found worth keeping") {
    const Played all = replay("messages", play_messages);
    CHECK(all.obeyed > 0);
    CHECK(all.obeyed < all.entries);
}

}  // namespace selene::fuzz
