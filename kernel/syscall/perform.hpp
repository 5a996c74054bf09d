// SPDX-License-Identifier: BSD-2-Clause
// What a system call does, in all cases. x0 to x10 are in the thread's registers; an error has changed nothing.
#pragma once

#include "abi/types.hpp"
#include "base/result.hpp"
#include "scheduling/core.hpp"

namespace selene {

[[nodiscard]] Result<void> perform(Core& core, Thread& thread, abi::SystemCall number) SELENE_REQUIRES(own_core);
/// Call what the slot holds: an endpoint, or a method of another object.
[[nodiscard]] Result<void> call_slot(Core& core, Thread& thread, Slot& slot) SELENE_REQUIRES(own_core);

}  // namespace selene
