// SPDX-License-Identifier: BSD-2-Clause
// The end of a kernel that has found itself to be wrong.
#pragma once

#include "boot/boot_description.hpp"

namespace selene {

/// Let the debug kernel report on the serial line of the machine; the release kernel has none and just stops.
void open_report_line(const SerialDescription& serial);

}  // namespace selene
