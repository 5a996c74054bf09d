// SPDX-License-Identifier: BSD-2-Clause
// Is handed a part of the memory that is left, keeps it, and tells whoever asks how much of it there is.
#include <checks.hpp>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>
#include <sel/handover.hpp>

int main() {
    test::begin();
    const auto table = sel::or_abort(sel::environment().capability<sel::CapTable>("table"), "finding the own table");
    const auto questions = sel::or_abort(sel::environment().endpoint("questions"), "finding the questions");
    const auto reply = sel::or_abort(sel::environment().reply("answer"), "finding the reply");
    const auto pieces = sel::or_abort(sel::take_handed_over("ram", table), "taking it over");
    auto next = questions.receive(reply);
    for (;;) {
        uint64_t bytes = 0;
        for (const sel::HandedOver& piece : pieces) {
            const auto found = sel::or_abort(piece.untyped.inspect(), "looking at what was handed over");
            bytes += found.device == 0 ? found.pages * 4096 : 1;
        }
        next = questions.reply_receive(reply, sel::Message(0, bytes));
    }
}
