// SPDX-License-Identifier: BSD-2-Clause
// The power server: switches the machine off, or starts it anew, by whatever means this machine has. A capability to its
// endpoint can be used like power control itself (sel::PowerControl).
//
// From its specification:
//     requests   endpoint (R); a Reply `answer`. A client needs the rights W and P
//     firmware   power control: the kernel asks the firmware, where there is one that can be asked
//     watchdog   registers of a watchdog, mapped, optional: used if the machine has the one that is known here

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "../../drivers/power/machine_power.hpp"

namespace {

using Method = sel::abi::PowerControlMethod;

/// Does what a request asks for, and returns only if it is none that is known.
void handle(const MachinePower& power, uint32_t method) {
    switch (static_cast<Method>(method)) {
    case Method::off: (void)power.off(); return;
    case Method::reset: (void)power.reset(); return;
    default: return;
    }
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto reply = sel::or_abort(environment.reply("answer"), "finding the reply");
    const auto power = sel::or_abort(MachinePower::find(environment, "firmware"), "finding power control");
    const sel::Message not_understood(1);
    auto next = requests.receive(reply);
    for (;;) {
        if (next) {
            handle(power, next->message.label());
        }
        next = next ? requests.reply_receive(reply, not_understood) : requests.receive(reply);
    }
}
