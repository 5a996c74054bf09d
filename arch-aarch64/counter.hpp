// SPDX-License-Identifier: BSD-2-Clause
// The counter of the generic timer, which all cores share.
#pragma once

#include "system_register.hpp"

namespace selene {

// Arm Architecture Reference Manual, "Generic Timer registers".
SELENE_SYSTEM_REGISTER(CounterFrequency, "cntfrq_el0"){};
SELENE_SYSTEM_REGISTER(VirtualCount, "cntvct_el0"){};

}  // namespace selene
