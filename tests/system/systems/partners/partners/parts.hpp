// SPDX-License-Identifier: BSD-2-Clause
// The parts of the test. Each leaves the stage's objects to the next one's fate: none is used twice.
#pragma once

#include <checks.hpp>
#include <stage.hpp>

namespace partners {

// The first thread runs at 100: an actor above that runs until it blocks as soon as it is started, one below runs
// while the first thread waits.
inline constexpr uint8_t above = 110;
inline constexpr uint8_t far_above = 120;
inline constexpr uint8_t below = 90;

void check_forms(test::Stage& stage);
void check_order(test::Stage& stage);
void check_refusals(test::Stage& stage);
void check_cancelled(test::Stage& stage);
void check_stopped(test::Stage& stage);
void check_signals(test::Stage& stage);
void check_passive(test::Stage& stage);
void check_unfinished(test::Stage& stage);
void check_long_messages(test::Stage& stage);

}  // namespace partners
