// SPDX-License-Identifier: BSD-2-Clause
// Messages of every length, badges, and calls that lead to calls.

#include "parts.hpp"

#include <sel/environment.hpp>

#include "../ipc_protocol.hpp"

namespace ipc_test {

using sel::Message;
using test::check;

namespace {

uint64_t word_for(uint32_t length, uint32_t word) { return uint64_t{length} << 32 | (word + 1) << 8; }

/// Sends `length` words and looks whether each comes back increased by one, and nothing else.
bool echoes(sel::Endpoint server, uint32_t length) {
    Message request(Request::echo);
    for (uint32_t word = 0; word < length; ++word) {
        (void)request.append(word_for(length, word));
    }
    const auto answer = server.call(request);
    if (!answer || answer->length() != length || answer->label() != 0 || answer->items() != 0) {
        return false;
    }
    for (uint32_t word = 0; word < length; ++word) {
        if (answer->word(word) != word_for(length, word) + 1) {
            return false;
        }
    }
    return true;
}

sel::Endpoint endpoint(std::string_view name) {
    return sel::or_abort(sel::environment().endpoint(name), "finding an endpoint");
}

}  // namespace

void check_words(sel::Endpoint server) {
    for (uint32_t length = 0; length <= sel::abi::message_words; ++length) {
        check(echoes(server, length), "all words of a message go and come");
    }
}

void check_badges_and_nesting() {
    const auto badge_of = [](std::string_view name) {
        return endpoint(name).call(Message(Request::whose)).transform([](const Message& m) { return m.word(0); });
    };
    check(badge_of("one") == 1U, "the first badge");
    check(badge_of("large") == 0xfedc'ba98'7654'3210U, "a badge of 64 bits");
    check(badge_of("no_capabilities") == 3U, "the third badge");
    check(badge_of("relay") == 4U, "the badge at the relay");

    const auto nested = endpoint("relay").call(Message(Request::forward, 40));
    check(nested && nested->word(0) == 42, "a call that leads to a call");
}

}  // namespace ipc_test
