// SPDX-License-Identifier: BSD-2-Clause
// What the tally server can be asked.
#pragma once

#include <sel/error.hpp>
#include <sel/rpc.hpp>

namespace tally {

/// What the server itself refuses.
enum class Refusal : uint16_t { too_much = 1 };

inline void describe(sel::Output& output, Refusal refusal, uint64_t number, uint64_t) {
    switch (refusal) {
    case Refusal::too_much: return sel::format_to(output, "{} is too much at once", number);
    }
}
inline const sel::Sentences<Refusal> sentences;

/// Adds to the caller's own count and returns what that is now. Errors: too_much for more than 100 at once.
inline constexpr sel::rpc::Method<1, uint64_t(uint64_t)> add;
/// Returns the sum of all counts as soon as it is at least so large.
inline constexpr sel::rpc::Method<2, uint64_t(uint64_t)> wait_for;
/// Greets the caller, whose name is at most 20 bytes long.
inline constexpr sel::rpc::Method<3, sel::rpc::Text<40>(sel::rpc::Text<20>)> greet;

using Interface = sel::rpc::Interface<add, wait_for, greet>;

}  // namespace tally
