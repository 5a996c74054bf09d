// SPDX-License-Identifier: BSD-2-Clause
// What a measuring program holds.
#pragma once

#include <cstdint>

#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace bench {

/// Capabilities, slots and addresses to measure with. Where slots or addresses are needed, each row leaves
/// them as they were.
struct Holdings {
    sel::CapTable table;      // its own; rights R and W
    sel::AddressSpace space;  // its own; right W
    sel::Thread thread;       // its own; right W
    sel::Untyped memory;      // without children, at least 1 MiB; right W
    sel::Endpoint server;     // rights W and P; the program `bench_echo` listens
    sel::CapIndex empty;      // the first of empty_slots empty slots
    uint64_t free_address;    // 2 MiB from here, a multiple of 2 MiB, hold no mapping

    static constexpr uint64_t empty_slots = 128;

    /// By the names that the environment has for them: those of the fields. Errors: the first that is
    /// missing.
    [[nodiscard]] static sel::Result<Holdings> from_environment();
};

}  // namespace bench
