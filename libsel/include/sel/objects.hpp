// SPDX-License-Identifier: BSD-2-Clause
// Every kind of capability under its short name: those that only have methods come as they are generated.
#pragma once

#include <sel/endpoint.hpp>
#include <sel/notification.hpp>

#include "abi/stubs.hpp"

namespace sel {

/// Example: stop a thread, and read its first eight registers.
///
///     sel::Result<sel::stub::RegisterGroup> look_at(sel::Thread thread) {
///         SEL_TRY_VOID(thread.suspend());
///         return thread.read_registers(0);
///     }
using stub::AddressSpace;
using stub::CapTable;
using stub::Frame;
using stub::InterruptControl;
using stub::InterruptHandler;
using stub::PageTable;
using stub::PowerControl;
using stub::SchedContext;
using stub::ScheduleControl;
using stub::Task;
using stub::Thread;
using stub::Untyped;

}  // namespace sel
