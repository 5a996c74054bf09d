// SPDX-License-Identifier: BSD-2-Clause
// The server of the classic system: answers with the double of what it is sent, and with the badge of who has sent it.

#include <sel/endpoint.hpp>

extern "C" [[noreturn, gnu::section(".first")]] void _start() {
    constexpr sel::Endpoint requests{sel::CapIndex(1)};
    constexpr sel::Reply reply{sel::CapIndex(15)};  // the last slot of a table of 16
    auto next = requests.receive(reply);
    for (;;) {
        next = next ? requests.reply_receive(reply, sel::Message(0, 2 * next->message.register_words()[0], next->badge))
                    : requests.receive(reply);
    }
}
