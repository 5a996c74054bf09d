// SPDX-License-Identifier: BSD-2-Clause
// The power server: switches the machine off, or starts it anew, by whatever means this machine has. A capability to its
// endpoint can be used like power control itself (sel::PowerControl).
//
// From its specification:
//     requests   endpoint (R); a Reply `answer`. A client needs the rights W and P
//     firmware   power control: the kernel asks the firmware, where there is one that can be asked
//     watchdog   registers of a watchdog, mapped, optional: used if the machine has the one that is known here

#include <optional>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "bcm2835_watchdog.hpp"

namespace {

using Method = sel::abi::PowerControlMethod;

class Server {
public:
    explicit Server(const sel::Environment& environment)
        : firmware_(sel::or_abort(environment.capability<sel::PowerControl>("firmware"), "finding power control")) {
        const auto watchdog = environment.memory("watchdog");
        if (watchdog && environment.is_model("watchdog", "brcm,bcm2835-pm-wdt")) {
            watchdog_.emplace(watchdog->bytes);
        }
    }

    /// Does what a request asks for, and returns only if it is none that is known.
    void handle(uint32_t method) const {
        switch (static_cast<Method>(method)) {
        case Method::off: watchdog_ ? watchdog_->switch_off() : (void)firmware_.off(); break;
        case Method::reset: watchdog_ ? watchdog_->restart() : (void)firmware_.reset(); break;
        default: return;
        }
        // The watchdog takes its time. Whoever has switched the machine off does not go on meanwhile.
        for (;;) {}
    }

private:
    sel::PowerControl firmware_;
    std::optional<Bcm2835Watchdog> watchdog_;
};

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto reply = sel::or_abort(environment.reply("answer"), "finding the reply");
    const Server server(environment);
    const sel::Message not_understood(1);
    auto next = requests.receive(reply);
    for (;;) {
        if (next) {
            server.handle(next->message.label());
        }
        next = next ? requests.reply_receive(reply, not_understood) : requests.receive(reply);
    }
}
