// SPDX-License-Identifier: BSD-2-Clause
// What the components of this system write down in pages that the warden may read, and what an attacker holds.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <iterator>

#include "abi/grammar.hpp"

namespace hostile {

namespace abi = selene::abi;

struct WitnessProgress {
    std::atomic<uint64_t> rounds;
    std::atomic<uint64_t> failures;
};

inline constexpr size_t method_count = std::size(abi::grammar::methods);

struct AttackerProgress {
    std::atomic<uint64_t> calls;  // all system calls
    std::atomic<uint64_t> done;   // those that were not refused
    std::array<std::atomic<uint32_t>, method_count> obeyed;
    std::array<std::atomic<uint32_t>, method_count> refused;
};
static_assert(sizeof(AttackerProgress) <= 4096);

/// In the order of the spec; from slot 1 on in the attacker's table.
inline constexpr std::array holdings = {
    abi::ObjectType::cap_table,
    abi::ObjectType::address_space,
    abi::ObjectType::thread,
    abi::ObjectType::sched_context,
    abi::ObjectType::reply,
    abi::ObjectType::untyped,
    abi::ObjectType::cap_table,
    abi::ObjectType::endpoint,
    abi::ObjectType::endpoint,
    abi::ObjectType::notification,
    abi::ObjectType::notification,
    abi::ObjectType::frame,
    abi::ObjectType::interrupt_control,
    abi::ObjectType::schedule_control,
};
inline constexpr uint64_t first_holding = 1;

}  // namespace hostile
