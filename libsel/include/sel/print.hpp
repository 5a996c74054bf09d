// SPDX-License-Identifier: BSD-2-Clause
// Printing to the console, or to wherever a component sends its output.
#pragma once

#include <string_view>

#include <sel/format.hpp>

namespace sel {

/// Takes finished lines, each with its newline, and what is left when the component ends.
using PrintSink = void (*)(std::string_view text);

/// Sends all further output to this sink. Until then it goes to the console server behind the endpoint named
/// `console` in the environment; without such an endpoint it is lost.
void set_print_sink(PrintSink sink);

/// Writes text as it is. Output is sent at the end of each line, so that lines of several components do not mix.
void write(std::string_view text);

/// Sends what has been written since the last newline. Happens by itself when the component ends.
void flush();

/// Formats and writes: print("{} of {} frames\n", done, all). See sel/format.hpp for format strings.
///
/// Example: a line with columns.
///
///     void print_usage(std::string_view name, uint64_t bytes) { sel::println("{:<16} {:>8} {:#x}", name, bytes, bytes); }
template <typename... Arguments>
void print(FormatFor<Arguments...> format, const Arguments&... arguments) {
    format_to(Output([](void*, std::string_view text) { write(text); }, nullptr), format, arguments...);
}

/// The same, and ends the line.
template <typename... Arguments>
void println(FormatFor<Arguments...> format, const Arguments&... arguments) {
    print<Arguments...>(format, arguments...);
    write("\n");
}

}  // namespace sel
