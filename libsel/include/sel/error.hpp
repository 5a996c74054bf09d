// SPDX-License-Identifier: BSD-2-Clause
// Errors for people: every error is a sentence, in every build.
#pragma once

#include <cstdlib>
#include <string_view>

#include <sel/print.hpp>
#include <sel/result.hpp>

namespace sel {

/// Writes an error as a sentence without full stop: print("{}\n", error) prints "argument 2: slot 40 holds no
/// capability". The kernel's sentences come from the interface description.
void describe(Output& output, const Error& error);

/// The value of a result; an error ends the component after a line on the console that says what failed and why.
///
/// Example: an endpoint without which there is nothing to do.
///
///     sel::Endpoint requests_or_end() { return sel::or_abort(sel::environment().endpoint("requests"), "finding the requests"); }
template <typename T>
T or_abort(Result<T> result, std::string_view what) {
    if (!result) {
        print("{} failed: {}\n", what, result.error());
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

}  // namespace sel
