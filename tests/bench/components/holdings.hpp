// SPDX-License-Identifier: BSD-2-Clause
// What a measuring program holds.
#pragma once

#include <cstdint>

#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace bench {

namespace abi = selene::abi;

/// Objects to make: type and size as Untyped.retype takes them.
struct Objects {
    abi::ObjectType type;
    uint64_t size = 0;
    uint64_t count = 1;
};

/// Capabilities, slots and addresses to measure with. Where slots or addresses are needed, each row leaves
/// them as they were.
struct Holdings {
    sel::CapTable table;      // its own; rights R and W
    sel::AddressSpace space;  // its own; right W
    sel::Thread thread;       // its own; right W
    sel::Untyped memory;      // without children, at least 16 MiB; right W
    sel::Endpoint server;     // rights W and P; the program `bench_echo` listens
    sel::Thread idler;        // ready, with a lower priority; right W; the program `bench_idle`
    // Where the programs `bench_partner` wait, R or W, and their threads, W.
    sel::Notification own_bell;   // both rights; `waker` signals it, again and again, with a lower priority
    sel::Notification high_bell;  // of a higher priority
    sel::Notification low_bell;   // of a lower one
    sel::Thread waker;
    sel::Thread equal;       // yields, again and again
    sel::Endpoint faults;    // of one that faults, again and again; right R
    sel::Reply fault_reply;  // right W
    sel::CapIndex empty;     // the first of empty_slots empty slots
    uint64_t free_address;   // leaf_table_bytes from here, a multiple of as many, hold no mapping

    static constexpr uint64_t empty_slots = 10'240;
    static constexpr uint64_t leaf_table_bytes = uint64_t{2} << 20;  // what one page table of 4 KiB pages covers

    /// By the names that the environment has for them: those of the fields. Errors: the first that is
    /// missing.
    [[nodiscard]] static sel::Result<Holdings> from_environment();

    /// Makes objects from `memory`, with capabilities from the given slot of `table` on.
    sel::Result<uint64_t> make(const Objects& objects, sel::CapIndex first) const;

    /// Derives a child with this badge of what one slot of `table` holds in another one.
    sel::Result<uint64_t> derive(sel::CapIndex child, sel::CapIndex parent, uint64_t badge = 0) const;

    /// Takes `count` capabilities from the first empty slot on away again, and what was made with them.
    sel::Result<uint64_t> clear_slots(uint64_t count) const;
};

}  // namespace bench
