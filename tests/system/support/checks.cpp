// SPDX-License-Identifier: BSD-2-Clause
// Counting checks and telling about them.
#include "checks.hpp"

#include <sel/environment.hpp>

#include "../../../userland/drivers/power/machine_power.hpp"
#include "../../../userland/drivers/serial/any_uart.hpp"

namespace test {

namespace {

unsigned done = 0;
unsigned failed = 0;

std::optional<AnyUart> serial;

void write_to_serial(std::string_view text) {
    for (const char byte : text) {
        if (byte == '\n') {
            (*serial)->put('\r');
        }
        (*serial)->put(byte);
    }
    (*serial)->drain();
}

void report(std::string_view what, std::source_location place) {
    ++failed;
    sel::print("failed: {} ({}:{})", what, place.file_name(), place.line());
}

}  // namespace

void begin() {
    serial = AnyUart::find(sel::environment(), "serial");
    if (serial) {
        (*serial)->start();  // where no firmware has used it, it is off
        sel::set_print_sink(write_to_serial);
    }
}

void check(bool holds, std::string_view what, std::source_location place) {
    ++done;
    if (!holds) {
        report(what, place);
        sel::print("\n");
    }
}

void report_error(const sel::Error& error, std::string_view what, std::source_location place) {
    ++done;
    report(what, place);
    sel::print(": {}\n", error);
}

void summarize() { sel::print("{} checks, {} failed\n", done, failed); }

unsigned failures() { return failed; }

int finish() {
    summarize();
    sel::print("exit {}\n", failed == 0 ? 0 : 1);
    sel::flush();
    const auto power = MachinePower::find(sel::environment(), "power");
    return power && power->off() ? 0 : 1;
}

}  // namespace test
