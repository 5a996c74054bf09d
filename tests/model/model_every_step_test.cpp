// SPDX-License-Identifier: BSD-2-Clause
// Random sequences on a kernel that polls at each step, and on the model.
#include <catch2/catch_test_macros.hpp>

#include "campaign.hpp"

namespace selene::model {

TEST_CASE("kernel and model agree when every operation is preempted after every step") {
    play_all(Preemption::at_every_poll);
}

}  // namespace selene::model
