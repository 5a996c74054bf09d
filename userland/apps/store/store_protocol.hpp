// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the store: numbers by key, which outlive the server.
#pragma once

#include <cstdint>

#include <sel/rpc.hpp>

namespace store {

inline constexpr uint64_t keys = 64;
inline constexpr uint64_t clients = 8;

/// What the store refuses.
enum class Refusal : uint32_t {
    no_key = 1,       ///< there are `keys` of them; details: the key, their number
    no_client = 2,    ///< badges of clients go from 1 to `clients`; details: the badge, their number
    out_of_turn = 3,  ///< the request's number is neither the last one's nor the next; details: it, the last
};

/// Adds to the value of a key and returns what it is then. `number` counts the client's requests from 1 on. One that is
/// made again with the number of the last, because nobody knows what became of that, is not done again: its answer is
/// that of the first time.
inline constexpr sel::rpc::Method<1, uint64_t(uint64_t key, uint64_t amount, uint64_t number)> add;
/// The value of a key.
inline constexpr sel::rpc::Method<2, uint64_t(uint64_t key)> get;

/// What a server may do wrong, to be restarted for it.
enum class Mischief : uint32_t { fault = 1, hang = 2, end = 3 };
/// Does it, if its argument `mischief` allows; not_understood otherwise.
inline constexpr sel::rpc::Method<3, void(Mischief)> misbehave;

using Interface = sel::rpc::Interface<add, get, misbehave>;

}  // namespace store
