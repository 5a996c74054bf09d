// SPDX-License-Identifier: BSD-2-Clause
// Every kind of capability under its short name: those that only have methods come as they are generated.
#pragma once

#include <sel/endpoint.hpp>
#include <sel/notification.hpp>

#include "abi/stubs.hpp"

namespace sel {

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
