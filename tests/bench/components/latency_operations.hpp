// SPDX-License-Identifier: BSD-2-Clause
// The operations whose latency is measured, each at the arguments that make it long.
#pragma once

#include <sel/result.hpp>

#include "latency_stage.hpp"

namespace bench {

// Errors: the first refusal.

sel::Result<void> sweep_capabilities(Stage& stage);  // latency_capabilities.cpp: map, grant, unmap
sel::Result<void> sweep_memory(Stage& stage);        // latency_memory.cpp: retype, mappings, caches
sel::Result<void> sweep_threads(Stage& stage);   // latency_threads.cpp: IPC, ends of threads and of what they wait for
sel::Result<void> sweep_messages(Stage& stage);  // latency_messages.cpp: long messages, linked tables
sel::Result<void> sweep_time(Stage& stage);      // latency_time.cpp: the scheduler

}  // namespace bench
