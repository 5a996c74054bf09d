// SPDX-License-Identifier: BSD-2-Clause
// The shell: lets a person look around in a running system, and start and end programs.
//
// From its specification:
//     console          endpoint (WGP): what it reads from and writes to, and passes on to programs
//     memory           endpoint (WP): the memory manager, as its surveyor
//     tasks            endpoint (WGP): the task manager, as its operator
//     power            power control, or an endpoint of who switches off
//     component.NAME, time.NAME, table.NAME   threads, scheduling contexts and tables of components: what of them it shows

#include <cstring>

#include <sel/console.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "commands.hpp"
#include "line_editor.hpp"

int main() {
    const auto& environment = sel::environment();
    const sel::Console console(sel::or_abort(environment.endpoint("console"), "finding the console"));
    shell::Commands commands;
    shell::LineEditor editor("selene> ");
    sel::println("This is Selene. `help` says what you can do.");
    std::string echo = editor.begin();
    for (;;) {
        sel::or_abort(console.write(echo), "writing");
        echo.clear();
        std::array<char, 32> buffer;
        const auto typed = sel::or_abort(console.read(buffer), "reading");
        for (const char byte : typed) {
            if (const auto line = editor.take(byte, echo)) {
                sel::or_abort(console.write(echo), "writing");
                commands.run(*line);
                sel::flush();
                echo = editor.begin();
            }
        }
    }
}
