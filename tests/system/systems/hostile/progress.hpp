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

/// Memory that the witness has filled with `pattern` and that nobody else may write.
inline constexpr size_t vault_words = 4 * 4096 / sizeof(uint64_t);
constexpr uint64_t pattern(uint64_t word) { return (word + 1) * 0x9e37'79b9'7f4a'7c15; }

struct WitnessProgress {
    std::atomic<uint64_t> ready;  // the vault is filled
    std::atomic<uint64_t> rounds;
    std::atomic<uint64_t> failures;
};

inline constexpr size_t method_count = std::size(abi::grammar::methods);

/// An attacker makes so many calls with what it was given at the beginning of a season, and then waits for the next.
inline constexpr uint64_t calls_in_a_season = 80;

struct AttackerProgress {
    std::atomic<uint64_t> season;  // the warden counts them
    std::atomic<uint64_t> calls;   // all system calls
    std::atomic<uint64_t> done;    // those that were not refused
    std::array<std::atomic<uint32_t>, method_count> obeyed;
    std::array<std::atomic<uint32_t>, method_count> refused;
};
static_assert(sizeof(AttackerProgress) <= 4096);

/// What an attacker holds: first children of what the warden has, in the order of the spec; then toys, which are the
/// attacker's own and which the warden makes anew when they are broken.
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
    abi::ObjectType::interrupt_control,  // of one line that it may raise
};
struct Toy {
    abi::ObjectType type;
    uint64_t size;
};
inline constexpr std::array toys = {
    Toy{abi::ObjectType::thread, 0},
    Toy{abi::ObjectType::thread, 0},
    Toy{abi::ObjectType::task, 0},
    Toy{abi::ObjectType::task, 0},
    Toy{abi::ObjectType::address_space, 0},
    Toy{abi::ObjectType::page_table, 0},
    Toy{abi::ObjectType::page_table, 0},
    Toy{abi::ObjectType::page_table, 0},
    Toy{abi::ObjectType::frame, 12},
    Toy{abi::ObjectType::frame, 12},
    Toy{abi::ObjectType::frame, 12},
    Toy{abi::ObjectType::endpoint, 0},
    Toy{abi::ObjectType::reply, 0},
    Toy{abi::ObjectType::notification, 0},
    Toy{abi::ObjectType::sched_context, 4},
    Toy{abi::ObjectType::interrupt_handler, 0},
    Toy{abi::ObjectType::interrupt_handler, 0},
    Toy{abi::ObjectType::cap_table, 8},
    Toy{abi::ObjectType::cap_table, 4},
    Toy{abi::ObjectType::untyped, 2},
};
inline constexpr uint64_t first_holding = 1;
inline constexpr uint64_t first_toy = first_holding + holdings.size();
inline constexpr uint64_t first_free = first_toy + toys.size();
inline constexpr uint64_t table_slots = 128;
inline constexpr uint8_t usual_priority = 90;
/// Where the toy space has tables.
inline constexpr uint64_t mapped_at = uint64_t{1} << 30;

}  // namespace hostile
