// SPDX-License-Identifier: BSD-2-Clause
// Borrows from the memory manager as several clients: properly, too much, without room for it, what is others', under
// badges that are nobody's; trades quotas; and sees that all of it comes back.

#include <array>

#include <checks.hpp>
#include <stage.hpp>

#include <sel/environment.hpp>
#include <sel/rpc.hpp>

#include "memory_client.hpp"

namespace {

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

/// Frames up to the quota, given back in another order, twenty times over.
void borrow_frames(Clients& clients) {
    for (int round = 0; round < 20; ++round) {
        std::array lent = {memory_server::frame(clients.one, clients.into, 12),
                           memory_server::frame(clients.one, clients.into, 12),
                           memory_server::frame(clients.one, clients.into, 12)};
        for (const auto& loan : lent) {
            check(loan && is_clean(clients.stage, std::get<1>(*loan)), "a frame is lent, and clean");
        }
        const auto other = memory_server::frame(clients.two, clients.into, 12);
        const auto stolen = memory_server::release(clients.two, std::get<0>(*lent[0]));
        check(!stolen && stolen.error().is(Refusal::not_yours), "nobody gives back what others have borrowed");
        const auto unknown = memory_server::release(clients.one, ~uint64_t{0});
        check(!unknown && unknown.error().is(Refusal::not_yours), "nor what does not exist");
        for (const size_t number : {1, 0, 2}) clients.give_back(clients.one, *lent[number]);
        clients.give_back(clients.two, *other);
        const auto again = memory_server::release(clients.one, std::get<0>(*lent[0]));
        check(!again && again.error().is(Refusal::not_yours), "nothing is given back twice");
    }
}

/// One of each kind, and that it is of that kind.
void borrow_kinds(Clients& clients) {
    const sel::Endpoint one = clients.one;
    const sel::Acceptor& into = clients.into;
    const auto thread = sel::or_abort(memory_server::thread(one, into), "borrowing a thread");
    const auto task = sel::or_abort(memory_server::task(one, into), "borrowing a task");
    test::succeeds(std::get<1>(thread).bind_task(std::get<1>(task)), "a thread is put into a task");
    const auto table = sel::or_abort(memory_server::cap_table(one, into, 16), "borrowing a table");
    const auto endpoint = sel::or_abort(memory_server::endpoint(one, into), "borrowing an endpoint");
    test::succeeds(std::get<1>(table).map({.first = 3,
                                           .source = clients.stage.table(),
                                           .source_first = std::get<1>(endpoint).index().raw(),
                                           .count = 1,
                                           .rights = sel::abi::Right::read,
                                           .badge = 0}),
                   "an endpoint is put into a table");
    const auto space = sel::or_abort(memory_server::address_space(one, into), "borrowing a space");
    const auto pages = sel::or_abort(memory_server::page_table(one, into), "borrowing a page table");
    test::succeeds(std::get<1>(space).map_table(std::get<1>(pages), 0x4000'0000), "a page table is hung into a space");
    const auto notification = sel::or_abort(memory_server::notification(one, into), "borrowing a notification");
    std::get<1>(notification).signal();
    check(std::get<1>(notification).poll() == 1, "a notification is signalled");
    const auto reply = sel::or_abort(memory_server::reply(one, into), "borrowing a reply");
    const auto time = sel::or_abort(memory_server::sched_context(one, into, 4), "borrowing a scheduling context");
    const auto state = sel::or_abort(memory_server::state(one), "asking for the account");
    check(state.used == Amount{1 + 4, 9}, "small objects share a page, a space and a page table have two each");
    const auto untyped = sel::or_abort(memory_server::untyped(one, into, 5), "borrowing memory");
    check(memory_server::state(one)->used == Amount{5 + 8, 10}, "five pages count as eight");
    check(clients.fill(std::get<1>(untyped), 8), "eight frames are made of them");
    check(!clients.fill(std::get<1>(untyped), 9), "and not nine");
    clients.give_back(one, thread);
    clients.give_back(one, task);
    clients.give_back(one, table);
    clients.give_back(one, endpoint);
    clients.give_back(one, space);
    clients.give_back(one, pages);
    clients.give_back(one, notification);
    clients.give_back(one, reply);
    clients.give_back(one, time);
    clients.give_back(one, untyped);
    check(memory_server::state(one)->used == Amount{}, "all is back");
}

/// What cannot be had is refused, and nothing is charged.
void ask_too_much(Clients& clients) {
    const sel::Endpoint one = clients.one;
    const sel::Acceptor& into = clients.into;
    const auto is_over_quota = [](const auto& result) { return !result && result.error().is(Refusal::over_quota); };
    const auto is_out_of_range = [](const auto& result) {
        return !result && result.error().is(sel::abi::ErrorCode::argument_out_of_range);
    };
    check(is_over_quota(memory_server::untyped(one, into, 41)), "more than the quota");
    check(is_over_quota(memory_server::frame(one, into, 21)), "a large frame");
    check(is_over_quota(memory_server::frame(one, into, 30)), "a huge one");
    check(is_over_quota(memory_server::cap_table(one, into, uint64_t{1} << 24)), "the largest table");
    for (const uint64_t size : {uint64_t{0}, (uint64_t{1} << 26) + 1, ~uint64_t{0}}) {
        check(is_out_of_range(memory_server::untyped(one, into, size)), "an untyped of no size");
        check(is_out_of_range(memory_server::cap_table(one, into, size)), "a table of no size");
        check(is_out_of_range(memory_server::frame(one, into, size)), "a frame of no size");
        check(is_out_of_range(memory_server::sched_context(one, into, size)), "a context of no size");
    }
    std::array<uint64_t, 30> numbers{};
    for (uint64_t& number : numbers) {
        const auto loan = memory_server::endpoint(one, into);
        check(loan.has_value(), "as many objects as it may have");
        number = std::get<0>(*loan);
        (void)sel::own_slots().release(std::get<1>(*loan).index());
        clients.stage.unmap(std::get<1>(*loan), sel::abi::KeepRoot::self);
    }
    const auto one_more = memory_server::endpoint(one, into);
    check(!one_more && one_more.error().is(Refusal::over_count), "one object more");
    check(memory_server::endpoint(clients.two, into).has_value(), "others still have theirs");
    for (const uint64_t number : numbers) test::succeeds(memory_server::release(one, number), "giving back");
    check(memory_server::state(one)->used == Amount{}, "nothing is charged");
    (void)memory_server::release(clients.two, 0);
}

/// Requests that no client of the library makes.
void ask_wrongly(Clients& clients) {
    const sel::Endpoint one = clients.one;
    // Without room for the capability there is none, and the manager goes on.
    for (int times = 0; times < 100; ++times) {
        const auto answer = one.call(Message(memory_server::frame.label, 12));
        check(answer && answer->word(0) == static_cast<uint64_t>(sel::abi::ErrorCode::window_full),
              "asking without room for the answer");
        const auto opened = one.call(Message(memory_server::open.label, 1, 1, 0));
        check(opened && opened->word(0) == static_cast<uint64_t>(sel::abi::ErrorCode::window_full),
              "an account that nobody takes");
    }
    check(memory_server::state(one)->used == Amount{}, "nothing is lent");
    for (const uint32_t label : {0U, 21U, 99U, ~0U}) {
        const auto answer = one.call(Message(label));
        check(answer && answer->word(0) == static_cast<uint64_t>(sel::LibraryError::not_understood),
              "a request that does not exist");
    }
    const auto long_name = one.call(Message(memory_server::open.label, 1, 1, ~uint64_t{0}, 0));
    check(long_name && long_name->word(0) == static_cast<uint64_t>(sel::LibraryError::not_understood),
          "a name that is longer than it is");
    for (const char* name : {"no_badge", "as_manager", "as_opened"}) {
        const auto nobody = sel::or_abort(sel::environment().endpoint(name), "finding the manager");
        const auto refused = memory_server::frame(nobody, clients.into, 12);
        check(!refused && refused.error().is(Refusal::no_account), "a badge that is nobody's");
        const auto open = memory_server::open(nobody, clients.into, {1, 1}, "x");
        check(!open && open.error().is(Refusal::no_account), "nor does it open accounts");
        check(!memory_server::take(nobody, 2, {1, 1}), "nor take from others");
        check(!memory_server::close(nobody, 2), "nor close theirs");
    }
    const auto survey = memory_server::survey(one, 0);
    check(!survey && survey.error().is(Refusal::not_allowed), "not everybody looks at everybody's account");
}

}  // namespace

int main() {
    test::begin();
    test::Stage stage;
    Clients clients(stage);
    const auto mine = sel::or_abort(memory_server::state(clients.one), "asking for the account");
    check(mine.quota == Amount{40, 30} && mine.used == Amount{}, "an account as the specification says");
    borrow_frames(clients);
    borrow_kinds(clients);
    ask_too_much(clients);
    ask_wrongly(clients);
    trade(clients);
    close_accounts(clients);
    outlive(clients);
    return test::finish();
}
