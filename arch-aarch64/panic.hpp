// SPDX-License-Identifier: BSD-2-Clause
// The end of a kernel that has found itself to be wrong.
#pragma once

#include <span>

#include "boot/boot_description.hpp"
#include "invariants/invariants.hpp"

namespace selene {

/// Let the debug kernel report on the serial line of the machine; the release kernel has none and just stops.
void open_report_line(const SerialDescription& serial);

/// Let the debug kernel say how many of the cores beside the one that boots have answered.
void report_cores(std::span<Core> others);

/// An invariant is broken: the debug kernel reports which and where, as it does a failed assertion, and halts.
[[noreturn]] void report_violation(const Violation& violation);

}  // namespace selene
