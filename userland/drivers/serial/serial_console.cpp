// SPDX-License-Identifier: BSD-2-Clause
// The console: serves sel::Console over the serial device that this machine has.
//
// From its specification:
//     requests      endpoint (R): where clients write and read
//     answer        Reply; parked, a second one for the reader that waits for input
//     registers     the device's registers, mapped: of one of the models in any_uart.hpp
//     line          its interrupt handler; arrivals, the notification bound to this thread, for its signals

#include <sel/ending.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "any_uart.hpp"
#include "console_server.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto uart = AnyUart::find(environment, "registers");
    if (!uart) {
        sel::end<sel::Ending::aborted>();  // there is nothing to say it on
    }
    const auto line = sel::or_abort(environment.capability<sel::InterruptHandler>("line"), "finding the interrupt");
    const auto arrivals = sel::or_abort(environment.notification("arrivals"), "finding the notification");
    ConsoleServer server({.device = **uart,
                          .line = line,
                          .arrivals = arrivals,
                          .answer = sel::or_abort(environment.reply("answer"), "finding a reply"),
                          .parked = sel::or_abort(environment.reply("parked"), "finding a second reply")});
    sel::or_abort(line.bind(arrivals), "listening to the interrupt");
    (*uart)->start();
    server.take_input();  // what has arrived before, without an interrupt

    auto next = requests.receive(server.reply());
    for (;;) {
        std::optional<sel::Message> answer;
        if (next && next->arrival == sel::Arrival::signal) {
            server.take_input();
        } else if (next) {
            answer = server.handle(next->message);
        }
        next = answer ? requests.reply_receive(server.reply(), *answer) : requests.receive(server.reply());
    }
}
