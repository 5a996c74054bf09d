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

}  // namespace

void machine::start_timer() {
    TimerCompare::write(TimerCompare::never);
    TimerControl::write(TimerControl::Enable::make(1));
    instruction_barrier();
}

#pragma clang section text = ""

uint64_t machine::timer_frequency() { return CounterFrequency::read(); }

}  // namespace selene
