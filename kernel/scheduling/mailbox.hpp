// SPDX-License-Identifier: BSD-2-Clause
// Mailboxes: how one core asks something of another without a lock and without memory for it.
#pragma once

#include <atomic>
#include <cstdint>

namespace selene {

struct Core;

/// What is asked for: a bit each, since one asked for twice before it is done is done once.
enum class Errand : uint32_t {
    greet = 1 << 0,    ///< of a core that has come up: to send its mail back
    greeted = 1 << 1,  ///< of the core that boots: to note that
};

/// Lies in what its errands are about. It is in a mailbox, or on its way into one, exactly while `errands` is not 0: so
/// nothing is allocated, nothing overflows, and nothing is in a list twice.
struct Mail {
    std::atomic<uint32_t> errands;
    Mail* next;  ///< belongs to whoever puts the mail in, then to the mailbox's core
};

/// Any core may post, its own core takes: tests/cores/mailbox.pml is this, step by step.
class Mailbox {
public:
    /// Whether the mailbox was empty: its core has to be rung then.
    [[nodiscard]] bool post(Mail& mail, Errand errand);

    /// Take everything out, and tell `carry_out(Mail&, errands)` of each mail, which may be posted anew meanwhile.
    template <class CarryOut>
    void take_all(CarryOut carry_out) {
        // Pairs with the exchange in post: what lies in a mail's list was written before.
        Mail* mail = newest_.exchange(nullptr, std::memory_order_acquire);
        while (mail != nullptr) {
            Mail* const next = mail->next;
            // Pairs with post, both ways: who still finds errands there has his own among those taken here, and who finds
            // none finds `next` read.
            carry_out(*mail, mail->errands.exchange(0, std::memory_order_acq_rel));
            mail = next;
        }
    }

private:
    std::atomic<Mail*> newest_;
};

namespace mail {

/// Ask the core for something, and ring unless it has been rung already.
void post(Core& to, Mail& mail, Errand errand);

/// Do what has been asked of this core, which was rung or waits for another.
void serve(Core& own);

}  // namespace mail

}  // namespace selene
