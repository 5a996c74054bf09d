// SPDX-License-Identifier: BSD-2-Clause
// Begin and end of measuring programs.
#include "program.hpp"

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/print.hpp>

#include "serial_sink.hpp"

namespace bench {

int run(sel::Result<void> (*work)()) {
    const auto serial = sel::environment().memory("serial");
    if (!serial) {
        return 1;
    }
    print_to_serial(serial->bytes);
    const sel::Result<void> result = work();
    if (!result) {
        sel::println("bench: {}", result.error());
    }
    sel::println("exit {}", result ? 0 : 1);
    const auto power = sel::environment().capability<sel::PowerControl>("power");
    return power && power->off() ? 0 : 1;
}

}  // namespace bench
