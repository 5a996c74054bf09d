// SPDX-License-Identifier: BSD-2-Clause
// Answers that are not what a caller hopes for; callers that are answered later.

#include <sel/rpc_server.hpp>

namespace sel::rpc {

namespace detail {

Error error_of(const Message& answer) {
    constexpr uint32_t words = 4;
    const uint64_t code = answer.word(0);
    if (answer.label() != static_cast<uint32_t>(Answer::refused) || answer.length() != words || code == 0 ||
        code > ~uint32_t{0}) {
        return {LibraryError::unexpected_message, answer.label(), answer.length()};
    }
    Error error(abi::ErrorCode{}, answer.word(1), answer.word(2), answer.word(3));
    error.code = static_cast<uint32_t>(code);
    return error;
}

}  // namespace detail

bool Replies::add(Reply reply) {
    if (count_ == most) return false;
    free_[count_++] = reply;
    return true;
}

std::optional<Reply> Replies::take() {
    if (count_ == 0) return std::nullopt;
    return free_[--count_];
}

void Replies::give_up(Reply reply) {
    if (reply.send(detail::refusal({abi::ErrorCode::cancelled})).has_value()) {
        (void)add(reply);
    } else {
        given_up_[given_up_count_++] = reply;
    }
}

void Replies::answer_given_up() {
    const Message gone = detail::refusal({abi::ErrorCode::cancelled});
    while (given_up_count_ != 0) {
        const Reply reply = given_up_[given_up_count_ - 1];
        const auto sent = reply.send(gone);
        if (!sent && sent.error().is(abi::ErrorCode::lent_budget)) return;
        --given_up_count_;
        (void)add(reply);
    }
}

}  // namespace sel::rpc
