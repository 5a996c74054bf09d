// SPDX-License-Identifier: BSD-2-Clause
// Borrows frames from the memory server as two clients: properly, too many, without room for them, and others' frames.

#include <algorithm>
#include <array>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>
#include <sel/rpc.hpp>

#include "../../../../userland/servers/memory/memory_protocol.hpp"

namespace {

using memory_server::Refusal;
using sel::Message;
using test::check;

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
    const sel::Acceptor into(stage.table(), sel::own_slots());
    const uint64_t before = sel::or_abort(memory_server::available(one), "asking for the pages left");
    check(before > 1000, "the server has what is left of the machine");

    // Without room for the frame there is none, and the server goes on.
    for (int times = 0; times < 10; ++times) {
        const auto answer = one.call(Message(memory_server::allocate.label));
        check(answer && answer->word(0) == static_cast<uint64_t>(sel::abi::ErrorCode::window_full),
              "asking without room for the answer");
    }
    check(memory_server::available(two) == before, "nothing has been lent");

    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        std::array lent = {memory_server::allocate(one, into), memory_server::allocate(one, into),
                           memory_server::allocate(one, into)};
        for (const auto& loan : lent) {
            check(loan && is_clean(stage, std::get<1>(*loan)), "a frame is lent, and clean");
        }
        const auto fourth = memory_server::allocate(one, into);
        check(!fourth && fourth.error().is(Refusal::limit_reached), "more than the limit is refused");
        const auto other = memory_server::allocate(two, into);
        check(other.has_value(), "others have a limit of their own");
        const auto stolen = memory_server::release(two, std::get<0>(*lent[0]));
        check(!stolen && stolen.error().is(Refusal::not_yours), "nobody gives back what others have borrowed");
        const auto unknown = memory_server::release(one, ~uint64_t{0});
        check(!unknown && unknown.error().is(Refusal::not_yours), "nor what does not exist");
        const auto give_back = [&](sel::Endpoint server, const auto& loan) {
            test::succeeds(memory_server::release(server, std::get<0>(loan)), "giving back");
            test::succeeds(sel::own_slots().release(std::get<1>(loan).index()), "the slot is empty and free");
        };
        for (const auto& loan : lent) give_back(one, *loan);
        give_back(two, *other);
    }
    check(memory_server::available(one) == before, "all is back");
    const auto answer = one.call(Message(99));
    check(answer && answer->word(0) == static_cast<uint64_t>(sel::LibraryError::not_understood),
          "a request that does not exist");
    return test::finish();
}
