// SPDX-License-Identifier: BSD-2-Clause
// The exception level that this kernel is compiled for, in the names of registers. For C++ and assembly.
#pragma once

#define SELENE_JOINED(name, level) name##_el##level
#define SELENE_JOIN(name, level) SELENE_JOINED(name, level)
#define SELENE_TEXT(word) #word
#define SELENE_TEXT_OF(word) SELENE_TEXT(word)

/// A register of which each level has its own: AT_LEVEL(elr) is elr_el1 or elr_el2.
#define AT_LEVEL(name) SELENE_JOIN(name, SELENE_EL)
/// The same as a string.
#define AT_LEVEL_TEXT(name) SELENE_TEXT_OF(AT_LEVEL(name))
