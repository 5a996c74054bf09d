// SPDX-License-Identifier: BSD-2-Clause
// Who executes an instruction.
#pragma once

#include <cstdint>

namespace selene::bench {

// A user program (exception level 0) or the kernel (any level above).
enum class Side : std::uint8_t { user, kernel };

}  // namespace selene::bench
