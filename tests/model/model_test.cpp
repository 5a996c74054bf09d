// SPDX-License-Identifier: BSD-2-Clause
// Random sequences on kernel and model.
#include <catch2/catch_test_macros.hpp>

#include "campaign.hpp"

namespace selene::model {

TEST_CASE("kernel and model agree on every operation and every state") { play_all(Preemption::never); }

TEST_CASE("kernel and model agree when every operation is preempted at every poll") {
    play_all(Preemption::at_every_poll);
}

}  // namespace selene::model
