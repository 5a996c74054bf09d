// SPDX-License-Identifier: BSD-2-Clause
// Mailboxes: posting, and what the errands are.
#include "scheduling/mailbox.hpp"

#include <utility>

#include "machine.hpp"
#include "scheduling/core.hpp"

namespace selene {

bool Mailbox::post(Mail& mail, Errand errand) {
    // Pairs with the exchange in take_all.
    if (mail.errands.fetch_or(std::to_underlying(errand), std::memory_order_acq_rel) != 0) return false;
    Mail* newest = newest_.load(std::memory_order_relaxed);
    do {
        mail.next = newest;
        // Pairs with the exchange in take_all.
    } while (!newest_.compare_exchange_weak(newest, &mail, std::memory_order_release, std::memory_order_relaxed));
    return newest == nullptr;
}

void mail::post(Core& to, Mail& mail, Errand errand) {
    if (to.mailbox.post(mail, errand)) machine::raise_interrupt(machine::ring_line, to.id);
}

void mail::serve(Core& own) {
    own.mailbox.take_all([&](Mail& mail, uint32_t errands) {
        const auto asked = [&](Errand errand) { return (errands & std::to_underlying(errand)) != 0; };
        if (asked(Errand::greet)) post(own.kernel->cores[0], mail, Errand::greeted);
        if (asked(Errand::greeted)) Core::of(mail).presence.store(CorePresence::answered, std::memory_order_relaxed);
    });
}

}  // namespace selene
