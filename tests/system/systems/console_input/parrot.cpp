// SPDX-License-Identifier: BSD-2-Clause
// Reads lines from the console and says each again, with its length; the line `exit N` is the last.

#include <array>
#include <string>

#include <checks.hpp>

#include <sel/console.hpp>
#include <sel/environment.hpp>

namespace {

/// The next line, without its end. What came with it and belongs to the line after it stays in `rest`.
std::string read_line(sel::Console console, std::string& rest) {
    for (;;) {
        if (const size_t end = rest.find('\n'); end != std::string::npos) {
            std::string line = rest.substr(0, end);
            rest.erase(0, end + 1);
            return line;
        }
        std::array<char, 32> buffer;
        rest += sel::or_abort(console.read(buffer), "reading");
    }
}

}  // namespace

int main() {
    const sel::Console console(sel::or_abort(sel::environment().endpoint("console"), "finding the console"));
    const auto power = sel::or_abort(sel::environment().capability<sel::PowerControl>("power"), "finding the power");
    std::string rest;
    sel::print("say something\n");
    for (;;) {
        const std::string line = read_line(console, rest);
        if (line.starts_with("exit ")) {
            sel::print("{}\n", line);
            sel::or_abort(power.off(), "switching the machine off");
        }
        sel::print("{} characters: {}\n", line.size(), line);
    }
}
