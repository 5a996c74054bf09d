// SPDX-License-Identifier: BSD-2-Clause
// Prints straight to a PL011 serial line: no server, whose work would be among what is measured.
#pragma once

#include <cstddef>

#include <sel/environment.hpp>

namespace bench {

/// Sends what sel::print writes to the PL011 whose registers are the device memory `serial` of the
/// environment. Errors: those of Environment::memory.
sel::Result<void> print_to_serial();

}  // namespace bench
