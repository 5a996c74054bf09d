// SPDX-License-Identifier: BSD-2-Clause
// The client of the classic system: has the server double a number, and says on the serial line what came back.

#include <sel/endpoint.hpp>

namespace {

void put(char byte) { *reinterpret_cast<volatile uint32_t*>(0x404000) = static_cast<uint32_t>(byte); }

void say(const char* text) {
    for (; *text != '\0'; ++text) put(*text);
}

/// Below 100.
void say(uint64_t number) {
    if (number >= 10) put(static_cast<char>('0' + number / 10 % 10));
    put(static_cast<char>('0' + number % 10));
}

}  // namespace

// `number`: from the spec, `init`.
extern "C" [[noreturn, gnu::section(".first")]] void _start(uint64_t number) {
    constexpr sel::Endpoint server{sel::CapIndex(1)};
    const auto answer = server.call(sel::Message(0, number));
    if (answer) {
        say(number);
        say(" doubled is ");
        say(answer->register_words()[0]);
        say(", says the server to client ");
        say(answer->register_words()[1]);
        say("\r\n");
    } else {
        say("the call is refused\r\n");
    }
    for (;;) {}
}
