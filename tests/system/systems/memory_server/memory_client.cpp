// SPDX-License-Identifier: BSD-2-Clause
// Borrows frames from the memory server as two clients: properly, too many, without room for them, and others' frames.

#include <algorithm>
#include <array>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>

#include "../../../../userland/servers/memory/memory_protocol.hpp"

namespace {

using memory_server::Answer;
using memory_server::Operation;
using sel::Message;
using test::check;

/// The label of the server's answer.
uint32_t answer_to(sel::Endpoint server, const Message& request) {
    const auto answer = server.call(request);
    test::succeeds(answer, "asking the server");
    return answer ? answer->label() : ~0U;
}

uint32_t label(Answer answer) { return static_cast<uint32_t>(answer); }

/// Whether a frame holds nothing but zeros; then it holds something else.
bool is_clean(test::Stage& stage, sel::Frame frame) {
    const sel::Frames frames{.first = frame.index(), .count = 1};
    const uint64_t address = sel::or_abort(stage.mapper().map(frames), "mapping a frame");
    auto* const words = reinterpret_cast<uint64_t*>(address);
    constexpr size_t count = 512;
    const bool clean = std::all_of(words, words + count, [](uint64_t word) { return word == 0; });
    std::fill(words, words + count, ~uint64_t{0});
    sel::or_abort(stage.mapper().unmap(address, frames), "unmapping a frame");
    return clean;
}

}  // namespace

int main() {
    test::begin();
    test::Stage stage;
    const auto one = sel::or_abort(sel::environment().endpoint("one"), "finding the server");
    const auto two = sel::or_abort(sel::environment().endpoint("two"), "finding the server");
    const auto allocate = [&](sel::Endpoint server) {
        return memory_server::allocate(server, stage.table(), sel::own_slots());
    };
    const uint64_t before = sel::or_abort(memory_server::available(one), "asking for the pages left");
    check(before > 1000, "the server has what is left of the machine");

    // Without room for the frame there is none, and the server goes on.
    for (int times = 0; times < 10; ++times) {
        check(answer_to(one, Message(Operation::allocate)) != label(Answer::done),
              "asking without room for the answer");
    }
    check(memory_server::available(two) == before, "nothing has been lent");

    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        std::array<sel::Result<memory_server::LentFrame>, 3> lent = {allocate(one), allocate(one), allocate(one)};
        for (const auto& frame : lent) {
            check(frame && is_clean(stage, frame->frame), "a frame is lent, and clean");
        }
        const auto fourth = allocate(one);
        check(!fourth && fourth.error().is(sel::LibraryError::unexpected_message), "more than the limit is refused");
        const auto other = allocate(two);
        check(other.has_value(), "others have a limit of their own");
        check(answer_to(two, Message(Operation::release, lent[0]->number)) == label(Answer::not_yours),
              "nobody gives back what others have borrowed");
        check(answer_to(one, Message(Operation::release, ~uint64_t{0})) == label(Answer::not_yours),
              "nor what does not exist");
        for (const auto& frame : lent) {
            test::succeeds(memory_server::release(one, *frame, sel::own_slots()), "giving back");
        }
        test::succeeds(memory_server::release(two, *other, sel::own_slots()), "giving back");
    }
    check(memory_server::available(one) == before, "all is back");
    check(answer_to(one, Message(99)) == label(Answer::not_understood), "a request that does not exist");
    return test::finish();
}
