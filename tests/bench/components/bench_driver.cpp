// SPDX-License-Identifier: BSD-2-Clause
// The program `bench_driver`: waits for the interrupt of the serial port, quiets it and acknowledges it.

#include <sel/environment.hpp>
#include <sel/notification.hpp>

#include "measure.hpp"
#include "serial_sink.hpp"

namespace {

sel::Result<void> drive() {
    SEL_TRY(line, sel::environment().capability<sel::InterruptHandler>("line"));
    SEL_TRY(arrivals, sel::environment().notification("arrivals"));
    SEL_TRY(serial, sel::environment().memory("serial"));
    bench::print_to_serial(serial.bytes);
    SEL_TRY_VOID(line.bind(sel::Notification(arrivals)));
    for (uint64_t run = 0;; ++run) {
        SEL_TRY_VOID(arrivals.wait());
        bench::end();  // of who has raised it
        bench::quiet_interrupt();
        if (run >= bench::usual.warm) bench::start<"irq.acknowledge">();
        const auto result = line.acknowledge();
        bench::end();
        SEL_TRY_VOID(result);
    }
}

}  // namespace

int main() { return drive() ? 0 : 1; }
