// SPDX-License-Identifier: BSD-2-Clause
// The rows of the benchmark's group `kernel`: one function for a few related ones, and what they need.
#pragma once

#include <cstdint>

#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace bench {

/// What the measuring component holds. Where slots or addresses are needed, each function leaves them as they were.
struct Holdings {
    sel::CapTable table;      // its own; rights R and W
    sel::AddressSpace space;  // its own; right W
    sel::Thread thread;       // its own; right W
    sel::Untyped memory;      // without children, at least 1 MiB; right W
    sel::Endpoint server;     // rights W and P; the program `bench_echo` listens
    sel::CapIndex empty;      // the first of at least 128 empty slots
    uint64_t free_address;    // 2 MiB from here, a multiple of 2 MiB, hold no mapping
};

// Each measures the rows that its comment names. Errors: the first refusal.

sel::Result<void> measure_round_trips(const Holdings& holdings);   // ipc.round_trip.*
sel::Result<void> measure_invocations(const Holdings& holdings);   // call.refused, invoke.cheapest
sel::Result<void> measure_capabilities(const Holdings& holdings);  // cap.*
sel::Result<void> measure_retype(const Holdings& holdings);        // retype.*
sel::Result<void> measure_frames(const Holdings& holdings);        // frame.*

}  // namespace bench
