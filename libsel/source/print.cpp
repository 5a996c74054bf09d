// SPDX-License-Identifier: BSD-2-Clause
// Output is gathered until a line is complete, then goes to the sink in one piece.

#include <sel/print.hpp>

#include <array>
#include <optional>

#include <sel/console.hpp>
#include <sel/environment.hpp>

namespace sel {

namespace {

// Nobody is left to tell that the console does not work, so errors end here.
void write_to_console(std::string_view text) {
    static const std::optional<Console> console = [] -> std::optional<Console> {
        const auto endpoint = environment().endpoint("console");
        return endpoint ? std::optional(Console(*endpoint)) : std::nullopt;
    }();
    if (console) {
        (void)console->write(text);
    }
}

constinit PrintSink sink = write_to_console;
constinit std::array<char, 512> line{};
constinit size_t line_size = 0;

}  // namespace

void set_print_sink(PrintSink new_sink) {
    flush();
    sink = new_sink;
}

void flush() {
    if (line_size != 0) {
        const size_t size = line_size;
        line_size = 0;
        sink({line.data(), size});
    }
}

void write(std::string_view text) {
    for (const char character : text) {
        line[line_size++] = character;
        if (character == '\n' || line_size == line.size()) {
            flush();
        }
    }
}

}  // namespace sel
