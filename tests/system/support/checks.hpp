// SPDX-License-Identifier: BSD-2-Clause
// What a test component says: its checks, counted, and at the end `exit 0` or `exit 1`.
#pragma once

#include <source_location>
#include <string_view>

#include <sel/error.hpp>

namespace test {

/// Sends what is printed straight to the serial line if the spec maps its registers as `serial`. Other components
/// print through the console server.
void begin();

/// Counts a check; one that does not hold is reported with its place.
void check(bool holds, std::string_view what, std::source_location place = std::source_location::current());

/// Reports why something was refused, counted as a failed check.
void report_error(const sel::Error& error, std::string_view what, std::source_location place);

/// Checks that something was done.
template <typename T>
bool succeeds(const sel::Result<T>& result, std::string_view what,
              std::source_location place = std::source_location::current()) {
    if (!result) {
        report_error(result.error(), what, place);
        return false;
    }
    check(true, what, place);
    return true;
}

/// Checks that something was refused, and with this error.
template <typename T>
void refuses(const sel::Result<T>& result, sel::abi::ErrorCode code, std::string_view what,
             std::source_location place = std::source_location::current()) {
    if (!result && !result.error().is(code)) {
        report_error(result.error(), what, place);
        return;
    }
    check(!result, what, place);
}

/// Says how many checks were done and how many failed.
void summarize();

/// How many have failed.
[[nodiscard]] unsigned failures();

/// The same, then `exit 0`, or `exit 1` if one has failed, and switches the machine off by the power control `power`
/// and, on a board that needs it, the mapped registers `watchdog`.
int finish();

}  // namespace test
