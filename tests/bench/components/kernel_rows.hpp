// SPDX-License-Identifier: BSD-2-Clause
// The rows of the benchmark's group `kernel`: one function for a few related ones.
#pragma once

#include <sel/result.hpp>

#include "holdings.hpp"

namespace bench {

// Each measures the rows that its comment names. Errors: the first refusal.

// invocation_rows.cpp
sel::Result<void> measure_round_trips(const Holdings& holdings);    // ipc.round_trip.* but the following
sel::Result<void> measure_active_server(const Holdings& holdings);  // ipc.round_trip.active_server
sel::Result<void> measure_invocations(const Holdings& holdings);    // call.refused, invoke.cheapest
sel::Result<void> measure_threads(const Holdings& holdings);        // thread.*

// notification_rows.cpp
// signal.*, wait.*, poll, yield.*, irq.*, ipc.round_trip.fpu, fault.loop
sel::Result<void> measure_notifications(const Holdings& holdings);

// queue_rows.cpp
sel::Result<void> measure_queues(const Holdings& holdings);  // queue.*

// capability_rows.cpp
sel::Result<void> measure_capabilities(const Holdings& holdings);  // cap.map, cap.grant, cap.unmap
sel::Result<void> measure_unmap(const Holdings& holdings);         // cap.unmap.*, untyped.unmap.1000

// memory_rows.cpp
sel::Result<void> measure_retype(const Holdings& holdings);  // retype.*
sel::Result<void> measure_frames(const Holdings& holdings);  // frame.*

// space_rows.cpp
sel::Result<void> measure_spaces(const Holdings& holdings);  // ipc.round_trip.stolen_tag

}  // namespace bench
