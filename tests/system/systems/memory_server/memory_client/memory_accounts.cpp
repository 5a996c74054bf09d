// SPDX-License-Identifier: BSD-2-Clause
// The memory manager's accounts: quotas traded, accounts closed, a client that dies.
#include <vector>

#include <sel/notification.hpp>

#include "memory_client.hpp"

namespace {

using test::check;

bool is_over(const sel::Result<void>& result) { return !result && result.error().is(Refusal::over_quota); }
bool is_not_yours(const sel::Result<void>& result) { return !result && result.error().is(Refusal::not_yours); }

/// What all accounts together say: the sum of what each one's quotas and loans are, as its own `used` has it.
void audit() {
    const auto surveyor = Clients::find("surveyor");
    struct Sum {
        memory_server::Entry entry;
        Amount passed_on{};
    };
    std::vector<Sum> all;
    for (uint64_t above = 0;;) {
        const auto found = memory_server::survey(surveyor, above);
        if (!found) {
            check(found.error().is(Refusal::not_yours), "the survey has an end");
            break;
        }
        above = std::get<0>(*found).account;
        all.push_back({std::get<0>(*found)});
    }
    check(all.size() >= 2 && all[0].entry.account == 1, "the first is the manager's own");
    for (const Sum& one : all) {
        for (Sum& other : all) {
            if (other.entry.account == one.entry.opener) other.passed_on.pages += one.entry.state.quota.pages;
        }
    }
    for (const Sum& one : all) {
        const auto& [quota, used] = one.entry.state;
        check(used.pages <= quota.pages && used.objects <= quota.objects, "nobody has more than the quota");
        check(one.passed_on.pages <= used.pages, "what is passed on is used");
        if (one.entry.account == 1) check(one.passed_on.pages == used.pages, "the manager itself borrows nothing");
    }
}

struct Opened {
    uint64_t account;
    sel::Endpoint endpoint;
};

Opened open(Clients& clients, sel::Endpoint opener, Amount quota) {
    const auto [account, endpoint] =
        sel::or_abort(memory_server::open(opener, clients.into, quota, "below"), "opening an account");
    return {account, endpoint};
}

}  // namespace

void trade(Clients& clients) {
    const auto too_much = memory_server::open(clients.one, clients.into, {41, 1}, "much");
    check(!too_much && too_much.error().is(Refusal::over_quota), "more pages than the opener has");
    const auto too_many = memory_server::open(clients.one, clients.into, {1, 30}, "many");
    check(!too_many && too_many.error().is(Refusal::over_count), "as many objects, and the account itself");
    const auto endless = memory_server::open(clients.one, clients.into, {1, ~uint64_t{0}}, "endless");
    check(!endless && endless.error().is(Refusal::over_count), "objects without end");

    const auto [number, child] = open(clients, clients.one, {10, 10});
    const auto [grand_number, grandchild] = open(clients, child, {4, 4});
    check(memory_server::state(clients.one)->used == Amount{10, 11}, "the quota comes from the opener's");
    check(memory_server::state(child)->used == Amount{4, 5}, "and from the child's in turn");
    check(is_over(memory_server::give(clients.one, number, {31, 0})), "more than there is cannot be given");
    check(is_over(memory_server::give(clients.one, number, {~uint64_t{0}, 0})), "nor what wraps round");
    test::succeeds(memory_server::give(clients.one, number, {30, 2}), "all that is left is given");
    check(memory_server::state(child)->quota == Amount{40, 12}, "the child has it");
    check(!memory_server::frame(clients.one, clients.into, 12), "the opener has nothing left");
    const auto frame = sel::or_abort(memory_server::frame(child, clients.into, 12), "the child borrows");
    check(is_over(memory_server::take(clients.one, number, {36, 0})), "what is in use stays");
    check(is_over(memory_server::take(clients.one, number, {~uint64_t{0}, 0})), "however much is asked for");
    test::succeeds(memory_server::take(clients.one, number, {30, 2}), "what is not can be taken back");
    check(is_over(memory_server::hand_back(grandchild, {5, 0})), "more than one has cannot be handed back");
    test::succeeds(memory_server::hand_back(grandchild, {3, 3}), "what is not needed can");
    check(memory_server::state_of(child, grand_number)->quota == Amount{1, 1}, "it is the opener's again");
    check(memory_server::state(child)->used == Amount{2, 3}, "who has a page and an account below");
    check(is_not_yours(memory_server::take(clients.two, number, {1, 1})), "a stranger takes nothing");
    check(is_not_yours(memory_server::give(clients.two, number, {1, 1})), "and gives nothing");
    check(is_not_yours(memory_server::take(clients.one, grand_number, {1, 1})), "nor does the opener's opener");
    check(is_not_yours(memory_server::give(child, number, {1, 1})), "nobody gives to himself");
    check(is_not_yours(memory_server::close(grandchild, number)), "a child does not close its opener");
    check(is_not_yours(memory_server::close(clients.one, 3)), "nor one what the specification has opened");
    check(!memory_server::state_of(clients.two, number), "nor looks at it");
    audit();
    clients.give_back(child, frame);
    test::succeeds(memory_server::close(clients.one, number), "closing");
    for (const sel::Endpoint gone : {child, grandchild}) {
        check(clients.is_empty(gone.index()), "the way to a closed account is gone");
        test::succeeds(sel::own_slots().release(gone.index()), "the slot is free");
    }
    check(memory_server::state(clients.one)->used == Amount{}, "all is back");
    audit();
}

void close_accounts(Clients& clients) {
    for (int round = 0; round < 50; ++round) {
        const auto [number, child] = open(clients, clients.one, {20, 20});
        const auto [grand_number, grandchild] = open(clients, child, {10, 10});
        std::vector<sel::CapIndex> slots{child.index(), grandchild.index()};
        const auto keep = [&](const auto& loan) {
            check(loan.has_value(), "borrowing");
            slots.push_back(std::get<1>(*loan).index());
        };
        keep(memory_server::frame(child, clients.into, 12));
        keep(memory_server::untyped(grandchild, clients.into, 8));
        keep(memory_server::thread(grandchild, clients.into));
        keep(memory_server::cap_table(child, clients.into, 32));
        // What is made of borrowed memory, and what is in use, goes too.
        const auto made = sel::or_abort(sel::own_slots().allocate(8), "finding slots");
        test::succeeds(sel::Untyped(slots[3]).retype({.type = sel::abi::ObjectType::frame,
                                                      .size = 12,
                                                      .count = 8,
                                                      .table = clients.stage.table(),
                                                      .first = made.raw()}),
                       "frames of borrowed memory");
        const sel::Frames frames{.first = made, .count = 8};
        const auto address = clients.stage.mapper().map(frames);
        check(address.has_value(), "mapped");
        for (uint64_t one = 0; one < 8; ++one) slots.push_back(made + one);
        test::succeeds(memory_server::close(clients.one, number), "closing");
        for (const sel::CapIndex slot : slots) {
            check(clients.is_empty(slot), "all that was borrowed is gone");
            test::succeeds(sel::own_slots().release(slot), "the slot is free");
        }
        (void)sel::own_addresses().release(*address, frames.bytes());
        check(memory_server::state(clients.one)->used == Amount{}, "all is back");
    }
    audit();
}

void outlive(Clients& clients) {
    // The client that dies runs below this one: first it borrows, then it is gone.
    const auto surveyor = Clients::find("surveyor");
    const auto deaths = sel::or_abort(sel::environment().notification("deaths"), "finding the notification");
    (void)deaths.wait();
    const auto living = memory_server::survey(surveyor, 4);
    check(living && std::get<0>(*living).account == 5 && std::get<1>(*living).view() == "mortal",
          "the mortal client's account has its name");
    check(std::get<0>(*living).state.used == Amount{1 + 4 + 1 + 20, 3 + 1 + 20}, "it has borrowed");
    const auto lowest = memory_server::survey(surveyor, 0xffff'ffff);
    check(lowest.has_value(), "and opened accounts");
    const auto others = memory_server::state(clients.two);
    const sel::Thread self = clients.stage.thread();
    test::succeeds(self.set_priority({.priority = 80, .maximum = 100, .authority = self}), "the mortal client's turn");
    test::succeeds(self.set_priority({.priority = 100, .maximum = 100, .authority = self}), "and back");
    check(!memory_server::survey(surveyor, 4), "its account is closed, and all below");
    check(others->used == memory_server::state(clients.two)->used, "others have not lost anything");
    audit();
}
