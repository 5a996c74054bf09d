// SPDX-License-Identifier: BSD-2-Clause
// The protocol of the store: numbers by key, which outlive the server.
#pragma once

#include <cstdint>

#include <sel/error.hpp>
#include <sel/rpc.hpp>

namespace store {

inline constexpr uint64_t keys = 64;
inline constexpr uint64_t clients = 8;

/// What the store refuses.
enum class Refusal : uint16_t { no_key = 1, no_client, out_of_turn };

/// Their sentences, which say what the details are.
inline void describe(sel::Output& output, Refusal refusal, uint64_t first, uint64_t second) {
    switch (refusal) {
    case Refusal::no_key: return sel::format_to(output, "there is no key {}: there are {}", first, second);
    case Refusal::no_client: return sel::format_to(output, "badge {} is not one from 1 to {}", first, second);
    case Refusal::out_of_turn:
        return sel::format_to(output, "request {} is neither the last one, {}, nor the next", first, second);
    }
}
inline const sel::Sentences<Refusal> sentences;

/// Adds to the value of a key and returns what it is then. `number` counts the client's requests from 1 on. One that is
/// made again with the number of the last, because nobody knows what became of that, is not done again: its answer is
/// that of the first time.
inline constexpr sel::rpc::Method<1, uint64_t(uint64_t key, uint64_t amount, uint64_t number)> add;
/// The value of a key.
inline constexpr sel::rpc::Method<2, uint64_t(uint64_t key)> get;

/// What a server may do wrong, to be restarted for it; or take its time, which is not wrong.
enum class Mischief : uint32_t { fault = 1, hang = 2, end = 3, toil = 4 };
/// Does it, if its argument `mischief` allows; not_understood otherwise.
inline constexpr sel::rpc::Method<3, void(Mischief)> misbehave;

using Interface = sel::rpc::Interface<add, get, misbehave>;

}  // namespace store
