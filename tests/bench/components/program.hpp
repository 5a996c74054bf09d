// SPDX-License-Identifier: BSD-2-Clause
// What all measuring programs do around their work.
#pragma once

#include <sel/result.hpp>

namespace bench {

/// Does the work with what is printed going to the serial line, says `exit 0` or why not and `exit 1`, and switches the
/// machine off by the power control `power`. What main() returns.
int run(sel::Result<void> (*work)());

}  // namespace bench
