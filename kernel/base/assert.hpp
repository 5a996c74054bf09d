// SPDX-License-Identifier: BSD-2-Clause
// Assertions: they check invariants, never user input, and vanish in the release kernel.
#pragma once

#include "base/config.hpp"
#include "machine.hpp"

#define SELENE_ASSERT(condition)                                                        \
    do {                                                                                \
        if constexpr (::selene::config::debug) {                                        \
            if (!(condition)) ::selene::machine::panic(#condition, __FILE__, __LINE__); \
        }                                                                               \
    } while (false)
