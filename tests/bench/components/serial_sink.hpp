// SPDX-License-Identifier: BSD-2-Clause
// Prints straight to a PL011 serial line: no server, whose work would be among what is measured.
#pragma once

#include <cstddef>
#include <span>

namespace bench {

/// Sends what sel::print writes to the PL011 whose registers are mapped here, from now on.
void print_to_serial(std::span<std::byte> registers);

/// The line raises its interrupt while it has nothing to transmit: at once, when something was printed before.
void raise_interrupt();
/// It raises none.
void quiet_interrupt();

}  // namespace bench
