// SPDX-License-Identifier: BSD-2-Clause
// The exception level that a loader has entered the boot stage at, and that the kernel will run at.
#pragma once

#include "translation.hpp"

namespace selene::boot {

enum class ExceptionLevel : uint8_t { el1 = 1, el2 = 2 };

/// Arm Architecture Reference Manual, "CurrentEL, Current Exception Level".
SELENE_SYSTEM_REGISTER(CurrentLevel, "CurrentEL") { using Level = Field<3, 2, ExceptionLevel>; };

inline ExceptionLevel current_level() { return CurrentLevel::Level::of(CurrentLevel::read()); }

inline const translation::descriptor::KernelAttributes& kernel_attributes() {
    using namespace translation::descriptor;
    return current_level() == ExceptionLevel::el2 ? el2_kernel : el1_kernel;
}

}  // namespace selene::boot
