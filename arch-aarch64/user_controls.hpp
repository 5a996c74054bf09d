// SPDX-License-Identifier: BSD-2-Clause
// What the EL1 registers let user code do: the same in both regimes.
#pragma once

#include "translation.hpp"

namespace selene {

// Arm Architecture Reference Manual, "Generic Timer registers", "Performance Monitors registers", "Debug registers".
SELENE_SYSTEM_REGISTER(KernelTimerControl, "cntkctl_el1") { using UserReadsVirtualCount = Field<1, 1>; };
SELENE_SYSTEM_REGISTER(UserPerformanceMonitors, "pmuserenr_el0"){};
SELENE_SYSTEM_REGISTER(DebugControl, "mdscr_el1") { using UserChannelTrapped = Field<12, 12>; };

/// User code reads the virtual counter; timers, event counters and the debugger's channel are not its own.
inline void write_user_controls() {
    KernelTimerControl::write(KernelTimerControl::UserReadsVirtualCount::make(1));
    UserPerformanceMonitors::write(0);
    DebugControl::write(DebugControl::UserChannelTrapped::make(1));
}

}  // namespace selene
