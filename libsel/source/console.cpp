// SPDX-License-Identifier: BSD-2-Clause
// The client's side of the console protocol.

#include <sel/console.hpp>

#include <algorithm>

namespace sel {

namespace {

/// The most bytes that one message of this thread carries.
size_t largest_piece() { return ipc_buffer() != nullptr ? message_bytes : register_message_bytes; }

Result<Message> ask(Endpoint server, const Message& request) {
    SEL_TRY(answer, server.call(request));
    if (answer.label() != static_cast<uint32_t>(ConsoleAnswer::done)) {
        return refused({LibraryError::unexpected_message, answer.label(), answer.length()});
    }
    return answer;
}

}  // namespace

Result<void> Console::write(std::string_view text) const {
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, largest_piece());
        Message request(ConsoleOperation::write);
        SEL_TRY_VOID(request.append(piece));
        SEL_TRY(answer, ask(server_, request));
        const uint64_t taken = answer.word(0);
        if (taken == 0 || taken > piece.size()) {
            return refused({LibraryError::unexpected_message, answer.label(), answer.length()});
        }
        text.remove_prefix(taken);
    }
    return {};
}

Result<std::string_view> Console::read(std::span<char> buffer) const {
    const size_t most = std::min(buffer.size(), largest_piece());
    SEL_TRY(answer, ask(server_, Message(ConsoleOperation::read, most)));
    return answer.bytes(0, buffer.first(most));
}

}  // namespace sel
