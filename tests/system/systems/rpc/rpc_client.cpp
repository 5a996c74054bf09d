// SPDX-License-Identifier: BSD-2-Clause
// Calls every method properly, then improperly: with rubbish, without a buffer, and as callers that leave.

#include <algorithm>
#include <string>
#include <vector>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>

#include "rpc_protocol.hpp"

namespace {

using namespace rpc_test;
using sel::Endpoint;
using sel::Message;
using sel::abi::ErrorCode;
using test::check;

void call_all(Endpoint server) {
    check(add(server, 20, 22) == 42, "two words there, one back");
    check(swap(server, Pair{1, 2}, true) == Pair{2, 1}, "a struct");
    check(rpc_test::badge(server) == 1, "the server knows who calls");
    check(halve(server, 84) == 42, "a result");
    const auto odd = halve(server, 7);
    check(!odd && odd.error().is(Refusal::odd) && odd.error().details[0] == 7,
          "the server's own error, with its detail");

    const std::string long_text(200, 'a');
    const auto joined = join(server, long_text, "b");
    check(joined && joined->view() == long_text + "b", "long texts");
    check(join(server, "", "")->view().empty(), "no text");
    test::refuses(join(server, long_text + "a", ""), ErrorCode::message_too_long, "a text that is too long");

    std::vector<uint64_t> numbers(100);
    for (uint64_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    check(sum(server, numbers) == 4950, "a hundred numbers");
    check(sum(server, {}) == 0, "none");
}

void share(Endpoint server) {
    const auto memory = sel::or_abort(sel::environment().memory("shared"), "finding the shared memory");
    const sel::rpc::Region region(memory.bytes);
    std::fill(memory.bytes.begin(), memory.bytes.end(), std::byte{1});
    check(sum_bytes(server, region.buffer(memory.bytes)) == memory.bytes.size(), "a whole page");
    check(sum_bytes(server, region.buffer(memory.bytes.subspan(4000, 50))) == 50, "a part of it");
    for (const sel::rpc::Buffer buffer : {sel::rpc::Buffer{4096, 1}, {0, 4097}, {~uint64_t{0}, 2}, {1, ~uint64_t{0}}}) {
        const auto outside = sum_bytes(server, buffer);
        check(!outside && outside.error().is(sel::LibraryError::outside_region), "what lies outside is refused");
    }
}

void pass_capabilities(Endpoint server, test::Stage& stage) {
    const sel::Acceptor into(stage.table(), sel::own_slots());
    const auto bell = stage.make<sel::Notification>();
    const auto given = stage.derive(bell, test::all_rights, 2);
    const uint64_t free_slots = sel::own_slots().available();
    const auto refused = deposit(server, into, sel::rpc::Granted<sel::Notification>{given}, 4);
    test::refuses(refused, ErrorCode::bad_item,
                  "a badge cannot be changed: the answer does not arrive, the error does");
    check(sel::own_slots().available() == free_slots, "no slot is lost");
    test::succeeds(knock(server), "what was given is the server's");
    check(bell.poll() == 2, "with its badge");
    const auto another = stage.derive(bell, test::all_rights);
    const auto child = deposit(server, into, sel::rpc::Granted<sel::Notification>{another}, 8);
    if (test::succeeds(child, "a capability there, another back")) {
        test::succeeds(child->signal(), "using it");
        check(bell.poll() == 8, "with the badge that was asked for");
        test::refuses(child->wait(), ErrorCode::missing_right, "and the rights");
    }
    test::refuses(stage.table().unmap({.first = another.index().raw(), .count = 1, .root = sel::abi::KeepRoot::self})
                      ? another.signal()
                      : sel::Result<void>{},
                  ErrorCode::empty_slot, "what was granted is here no more");
}

/// Three may wait, since the server has as many Replies and needs one.
void wait_and_leave(Endpoint server, test::Stage& stage) {
    sel::Result<uint64_t> got[3] = {0, 0, 0};
    auto first = [&] { got[0] = wait(server); };
    auto second = [&] { got[1] = wait(server); };
    auto third = [&] { got[2] = wait(server); };
    const test::Role waiter{.priority = 101};
    const auto one = stage.start(waiter, first);
    const auto two = stage.start(waiter, second);
    const auto three = stage.start(waiter, third);
    check(stage.has_ended(three), "one more than the server has replies for is not left waiting");
    test::refuses(got[2], ErrorCode::in_use, "but told so");
    check(!stage.has_ended(one) && !stage.has_ended(two), "two wait");
    check(add(server, 1, 2) == 3, "and the server serves others meanwhile");
    check(wake(server, 77) == 2, "both are answered");
    check(stage.has_ended(one) && stage.has_ended(two) && got[0] == 77 && got[1] == 77, "with the same");

    const auto four = stage.start(waiter, first);
    const auto five = stage.start(waiter, second);
    stage.destroy(four);
    check(wake(server, 78) == 1, "who has left is not answered, who has not is");
    check(stage.has_ended(five) && got[1] == 78, "indeed");

    const auto six = stage.start(waiter, first);
    test::succeeds(drop(server), "dropping those who wait");
    check(stage.has_ended(six), "nobody waits for ever");
    test::refuses(got[0], ErrorCode::cancelled, "they are told that there is no answer");
    for (int times = 0; times < 20; ++times) {
        const bool done = rpc_test::wake(server, 1) == 0;
        check(done, "no reply is lost");
    }
}

/// Whatever it gets, the server answers, and goes on.
void send_rubbish(Endpoint server, test::Stage& stage) {
    uint64_t random = 88172645463325252;
    const auto next = [&] {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        return random;
    };
    for (int round = 0; round < 2000; ++round) {
        Message request(static_cast<uint32_t>(next() % 14));
        for (uint64_t words = next() % 121; words > 0; --words) (void)request.append(next() >> (next() % 64));
        if (request.label() == wait.label && request.length() == 0) continue;
        if (next() % 8 == 0) (void)request.append(sel::mapped_item(stage.table().index(), sel::abi::RightsMask{}));
        const auto answer = server.call(request);
        check(answer && answer->label() <= 1, "an answer or an error");
    }
    test::succeeds(server.send(Message(add.label, 1, 2)), "a request without a way to answer");
    check(add(server, 20, 22) == 42, "the server goes on");
    const auto unknown = sel::rpc::Method<99, void()>{}(server);
    check(!unknown && unknown.error() == sel::Error(sel::LibraryError::not_understood, 99, 0), "an unknown method");
}

/// A thread without an IPC buffer can make short calls.
void call_without_buffer(Endpoint server, test::Stage& stage) {
    sel::Result<uint64_t> short_call = 0, long_call = 0;
    auto script = [&] {
        short_call = add(server, 1, 2);
        const std::array<uint64_t, 9> numbers{};
        long_call = sum(server, numbers);
    };
    const auto actor = stage.start({.priority = 101, .buffer = false}, script);
    check(stage.has_ended(actor) && short_call == 3, "registers are enough for a short call");
    check(!long_call && long_call.error().is(sel::LibraryError::no_ipc_buffer), "but not for a long one");
}

}  // namespace

int main() {
    test::begin();
    test::Stage stage;
    const auto server = sel::or_abort(sel::environment().endpoint("server"), "finding the server");
    call_all(server);
    share(server);
    pass_capabilities(server, stage);
    wait_and_leave(server, stage);
    call_without_buffer(server, stage);
    send_rubbish(server, stage);
    return test::finish();
}
