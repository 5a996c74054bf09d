// SPDX-License-Identifier: BSD-2-Clause
// The timer of this core: a comparator on the counter that all cores share.
// Part of the contract in machine.hpp: include that.
#pragma once

#include "base/units.hpp"
#include "counter.hpp"
#include "regime.hpp"

namespace selene {

// Arm Architecture Reference Manual, "Generic Timer registers".
SELENE_SYSTEM_REGISTER(TimerCompare, SELENE_TIMER_REGISTER("cval")) { static constexpr uint64_t never = ~uint64_t{0}; };

namespace machine {

/// Learn what all cores share of it: how fast it counts.
void find_timer(const BootDescription& description);
/// Turn this core's timer on, with a deadline that never comes.
void start_timer();

/// Without a barrier: taking the exception that brought us here has ordered the counter well enough.
[[gnu::always_inline]] inline Ticks now() { return Ticks(VirtualCount::read()); }

[[gnu::always_inline]] inline void set_deadline(Ticks when) { TimerCompare::write(when.value()); }

}  // namespace machine
}  // namespace selene
