// SPDX-License-Identifier: BSD-2-Clause
// The virtual timer of the generic timer: a counter that all cores share and a comparator for each.
// Part of the contract in machine.hpp: include that.
#pragma once

#include "base/units.hpp"
#include "system_register.hpp"

namespace selene {

// Arm Architecture Reference Manual, "Generic Timer registers".
SELENE_SYSTEM_REGISTER(CounterFrequency, "cntfrq_el0"){};
SELENE_SYSTEM_REGISTER(VirtualCount, "cntvct_el0"){};
SELENE_SYSTEM_REGISTER(VirtualTimerCompare, "cntv_cval_el0") { static constexpr uint64_t never = ~uint64_t{0}; };

namespace machine {

/// Turn this core's timer on, with a deadline that never comes.
void start_timer();

/// Without a barrier: taking the exception that brought us here has ordered the counter well enough.
[[gnu::always_inline]] inline Ticks now() { return Ticks(VirtualCount::read()); }

[[gnu::always_inline]] inline void set_deadline(Ticks when) { VirtualTimerCompare::write(when.value()); }

}  // namespace machine
}  // namespace selene
