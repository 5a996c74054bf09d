// SPDX-License-Identifier: BSD-2-Clause
// A campaign: many random sequences, of which none may show a difference.
#pragma once

#include "lock_step.hpp"

namespace selene::model {

/// As many sequences as a test takes, `SELENE_TEST_ROUNDS=n` times. A failure prints the shortest sequence found, as C++
/// for a test of its own; `SELENE_TEST_TALLY=1` prints how often what was obeyed and refused.
void play_all(Preemption preemption);

}  // namespace selene::model
