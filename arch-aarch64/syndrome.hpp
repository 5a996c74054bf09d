// SPDX-License-Identifier: BSD-2-Clause
// What the processor says of an exception.
#pragma once

#include <cstdint>

#include "base/field.hpp"

/// Arm Architecture Reference Manual, "ESR_EL1, Exception Syndrome Register".
namespace selene::syndrome {

using Class = Field<31, 26>;
using FaultStatus = Field<5, 0>;
using Immediate = Field<15, 0>;

inline constexpr uint64_t undefined_instruction = 0x00;
inline constexpr uint64_t floating_point = 0x07;
inline constexpr uint64_t illegal_state = 0x0e;
inline constexpr uint64_t system_call = 0x15;
inline constexpr uint64_t system_instruction = 0x18;
inline constexpr uint64_t instruction_abort = 0x20;
inline constexpr uint64_t kernel_instruction_abort = 0x21;
inline constexpr uint64_t pc_alignment = 0x22;
inline constexpr uint64_t data_abort = 0x24;
inline constexpr uint64_t kernel_data_abort = 0x25;
inline constexpr uint64_t sp_alignment = 0x26;
inline constexpr uint64_t system_error = 0x2f;
inline constexpr uint64_t breakpoint_instruction = 0x3c;

/// Of FaultStatus.
inline constexpr uint64_t alignment_fault = 0x21;

}  // namespace selene::syndrome
