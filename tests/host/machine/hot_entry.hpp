// SPDX-License-Identifier: BSD-2-Clause
// The way into the kernel that begins with the hot path.
#pragma once

#include "syscall/system_call.hpp"

namespace selene::machine {

/// Make a system call, x0 to x10 in thread.registers, by the hot path, else by the long path or with what the hot path
/// has found, as a machine's vectors do; without direct switches, by the general way at once.
[[nodiscard]] Thread& enter_by_hot_path(Core& core, Thread& thread, abi::SystemCall number);

}  // namespace selene::machine
