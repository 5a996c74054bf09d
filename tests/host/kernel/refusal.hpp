// SPDX-License-Identifier: BSD-2-Clause
// Refusals: a system call that is refused says why, and changes nothing.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <ostream>

#include "abi/names.hpp"
#include "world.hpp"

namespace sel {

inline std::ostream& operator<<(std::ostream& stream, const Error& error) {
    return stream << selene::abi::name_of(static_cast<selene::abi::ErrorCode>(error.code)) << " (" << error.details[0]
                  << ", " << error.details[1] << "), " << error.done << " done";
}

}  // namespace sel

namespace selene::test {

/// The error that a system call's result is, if it is one.
inline std::optional<sel::Error> error_of(const Registers& out) {
    if (!out.tag.error()) return std::nullopt;
    return sel::Error(static_cast<ErrorCode>(out.x0), out.words[0], out.words[1], out.words[2]);
}
template <class Value>
std::optional<sel::Error> error_of(const sel::Result<Value>& result) {
    if (result) return std::nullopt;
    return result.error();
}

/// Make a system call that must be refused like this, without any effect.
template <class Action>
void check_refused(World& world, const sel::Error& expected, const Action& action) {
    const Thread* caller = world.running();
    const World::Snapshot before = world.snapshot();
    const auto error = error_of(action());
    CHECK(error.has_value());
    if (error) CHECK(*error == expected);
    CHECK(world.running() == caller);
    CHECK((world.snapshot() == before));
}

/// The same for a range operation, of which some items are done before one is refused.
template <class Action>
void check_refused_after(const sel::Error& expected, const Action& action) {
    const auto error = error_of(action());
    CHECK(error.has_value());
    if (error) CHECK(*error == expected);
}

}  // namespace selene::test
