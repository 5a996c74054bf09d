// SPDX-License-Identifier: BSD-2-Clause
// The way into the kernel that a machine's hot path takes: what it declines it has looked at already.
#pragma once

#include "syscall/system_call.hpp"

namespace selene::machine {

/// Make a system call, x0 to x10 in thread.registers, with what the hot path finds of it before it declines. It takes
/// nothing itself.
[[nodiscard]] Thread& enter_by_hot_path(Core& core, Thread& thread, abi::SystemCall number);

}  // namespace selene::machine
