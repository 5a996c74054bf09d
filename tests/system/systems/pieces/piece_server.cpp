// SPDX-License-Identifier: BSD-2-Clause
// Takes in two callers at a time and tells each what it reads, on the board that they share, at the caller's place.
//
// From its specification, by patterns:
//     requests   endpoint (R); Replies `answer`, `answer2`
//     board      memory (R)

#include <array>

#include <checks.hpp>

#include <sel/endpoint.hpp>
#include <sel/environment.hpp>

namespace {

uint64_t word_at(const sel::MemoryRegion& board, uint64_t place) {
    return reinterpret_cast<const volatile uint64_t*>(board.bytes.data())[place];
}

}  // namespace

int main() {
    const auto& environment = sel::environment();
    const auto requests = sel::or_abort(environment.endpoint("requests"), "finding the requests");
    const auto board = sel::or_abort(environment.memory("board"), "finding the board");
    const std::array replies = {sel::or_abort(environment.reply("answer"), "finding a reply"),
                                sel::or_abort(environment.reply("answer2"), "finding a reply")};
    std::array<uint64_t, replies.size()> callers{};
    for (size_t number = 0; number < replies.size(); ++number) {
        const auto call = sel::or_abort(requests.receive(replies[number]), "receiving");
        callers[number] = call.badge;
        test::check(environment.peer("requests", call.badge).has_value(), "the badge names a client");
    }
    for (size_t number = 0; number < replies.size(); ++number) {
        const sel::Message answer(0, callers[number], word_at(board, callers[number]));
        sel::or_abort(replies[number].send(answer), "answering");
    }
    return static_cast<int>(test::failures());
}
