// SPDX-License-Identifier: BSD-2-Clause
// Messages that go on in the buffers, to a server that lives on its callers' time.

#include "parts.hpp"

namespace partners {

using sel::Endpoint;
using sel::Message;
using test::check;
using test::succeeds;

namespace {

/// Nobody names these slots: a window of none is only looked at.
constexpr sel::abi::ReceiveWindow mark(uint64_t owner) { return {owner, owner + 1, 0}; }
bool is_marked(uint64_t owner) {
    const sel::abi::ReceiveWindow& window = sel::ipc_buffer()->window;
    return window.table == owner && window.first == owner + 1 && window.count == 0;
}

Message more_by_one(const Message& request) {
    Message answer;
    for (uint32_t word = 0; word < request.length(); ++word) (void)answer.append(request.word(word) + 1);
    return answer;
}

/// Whether all words of a message of this length come back, each more by one.
bool echoes(Endpoint server, uint32_t length) {
    Message request;
    for (uint32_t word = 0; word < length; ++word) (void)request.append(uint64_t{length} << 32 | (word + 1) << 8);
    const auto answer = server.call(request);
    if (!answer || answer->length() != length) return false;
    for (uint32_t word = 0; word < length; ++word) {
        if (answer->word(word) != (uint64_t{length} << 32 | (word + 1) << 8) + 1) return false;
    }
    return true;
}

}  // namespace

void check_long_messages(test::Stage& stage) {
    constexpr uint64_t client = 7000;
    constexpr uint64_t servers = 8000;
    const auto endpoint = stage.make<Endpoint>();
    const auto reply = stage.make<sel::Reply>();
    bool kept = true;
    auto serve = [&] {
        sel::ipc_buffer()->window = mark(servers);
        auto next = endpoint.receive(reply);
        while (next) {
            kept = kept && is_marked(servers);
            next = endpoint.reply_receive(reply, more_by_one(next->message));
        }
    };
    const auto server = stage.start({.priority = above}, serve);
    succeeds(server.time.unbind(), "taking the server's time");
    // In the server's own task, so that they are switched between by the shortest way.
    uint32_t wrong = 0;
    auto call = [&] {
        sel::ipc_buffer()->window = mark(client);
        for (uint32_t length = 0; length <= sel::abi::message_words; ++length)
            wrong += echoes(endpoint, length) ? 0 : 1;
        kept = kept && is_marked(client);
    };
    stage.wait_for(stage.start({.priority = below}, call));
    check(wrong == 0, "all words of a message go and come");
    check(kept, "and nothing else of the buffers");
}

}  // namespace partners
