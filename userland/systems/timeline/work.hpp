// SPDX-License-Identifier: BSD-2-Clause
// Something that takes time.
#pragma once

#include <cstdint>

/// Two instructions for each step.
inline void work_for(uint64_t steps) {
    for (; steps != 0; --steps) asm volatile("");
}
