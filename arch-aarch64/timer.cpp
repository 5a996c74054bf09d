// SPDX-License-Identifier: BSD-2-Clause
// The timer: bringing it up.
#include "base/field.hpp"
#include "machine.hpp"

#pragma clang section text = ".boot_text"

namespace selene {
namespace {

SELENE_SYSTEM_REGISTER(TimerControl, SELENE_TIMER_REGISTER("ctl")) {
    using Enable = Field<0, 0>;
    using Masked = Field<1, 1>;
};

/// For programs, which can read it but not write: CNTFRQ_EL0 is the firmware's, and the tree may know better. Same place,
/// "Thread and process ID registers".
SELENE_SYSTEM_REGISTER(UserTimerFrequency, "tpidrro_el0"){};

/// Constant after machine::find_timer.
constinit uint64_t frequency = 0;

}  // namespace

void machine::find_timer(const BootDescription& description) { frequency = description.timer_frequency; }

void machine::start_timer() {
    TimerCompare::write(TimerCompare::never);
    TimerControl::write(TimerControl::Enable::make(1));
    UserTimerFrequency::write(frequency);
    instruction_barrier();
}

#pragma clang section text = ""

uint64_t machine::timer_frequency() { return frequency; }

}  // namespace selene
