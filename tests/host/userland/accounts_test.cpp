// SPDX-License-Identifier: BSD-2-Clause
// The memory manager's accounts: whatever clients do, the books are right, and what is closed comes back.
#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "fake_kernel.hpp"
#include "servers/memory/accounts.hpp"

using namespace memory_server;
using sel::abi::ObjectType;

namespace {

constexpr uint64_t pages = 256;
constexpr uint64_t slot_count = 600;

/// A manager with memory of its own and two clients of the specification.
struct Manager {
    explicit Manager(uint64_t slots_given = slot_count) {
        kernel.slots[4] = {.type = ObjectType::endpoint, .parent = 0};
        (void)slots.add(sel::CapIndex(100), slots_given);
        (void)memory.add(kernel.add_untyped(3, 0x100'0000, pages), pages);
        accounts.emplace(Accounts::Means{table, slots, memory, sel::Endpoint(sel::CapIndex(4))}, 100);
    }

    FakeKernel kernel;
    sel::SlotAllocator slots;
    sel::CapTable table{FakeKernel::own_table};
    OwnMemory memory{table, slots};
    std::optional<Accounts> accounts;
};

/// Whether the books agree with each other.
bool books_are_right(const Accounts& accounts) {
    std::vector<Entry> all;
    for (auto next = accounts.next(0); next; next = accounts.next(next->first.account)) all.push_back(next->first);
    for (const Entry& one : all) {
        Amount below;
        for (const Entry& other : all) {
            if (other.opener != one.account) continue;
            below.pages += other.state.quota.pages;
            below.objects += other.state.quota.objects + (other.account >= Accounts::first_opened ? 1 : 0);
        }
        const auto& [quota, used] = one.state;
        if (used.pages > quota.pages || used.objects > quota.objects) return false;
        if (below.pages > used.pages || below.objects > used.objects) return false;
        if (one.account == Accounts::own && !(below == used)) return false;
    }
    return true;
}

/// Nothing of what the manager has made is left.
bool all_is_back(const Manager& manager) {
    return manager.slots.available() == slot_count && manager.kernel.slots.size() == 4;
}

}  // namespace

TEST_CASE("whatever clients of a memory manager ask for, its books are right, and all comes back") {
    std::mt19937_64 random(Catch::getSeed());
    Manager manager;
    Accounts& accounts = *manager.accounts;
    std::vector<uint64_t> badges{2, 3};
    std::vector<uint64_t> numbers;
    const auto any = [&](const std::vector<uint64_t>& from) {
        return from.empty() || random() % 16 == 0 ? random() % 8 : from[random() % from.size()];
    };
    const auto amount = [&] {
        constexpr uint64_t sizes[] = {0, 1, 2, 5, 17, 90, UINT64_MAX};
        return Amount{sizes[random() % std::size(sizes)], sizes[random() % std::size(sizes)]};
    };
    constexpr Accounts::Request requests[] = {
        {ObjectType::frame, 12},     {ObjectType::frame, 21},      {ObjectType::frame, 0},
        {ObjectType::untyped, 1},    {ObjectType::untyped, 3},     {ObjectType::untyped, UINT64_MAX},
        {ObjectType::cap_table, 12}, {ObjectType::cap_table, 200}, {ObjectType::thread, 0},
        {ObjectType::endpoint, 0},   {ObjectType::page_table, 0}};
    unsigned lent = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::erase_if(badges, [&](uint64_t one) { return one >= Accounts::first_opened && !accounts.state(one); });
        const uint64_t badge = any(badges);
        switch (random() % 24) {
        case 0: (void)accounts.admit(badge, {60, 40}, "client"); break;
        case 1:
            if (const auto opened = accounts.open(badge, amount(), "x")) badges.push_back(opened->account);
            break;
        case 2: (void)accounts.give(badge, any(badges), amount()); break;
        case 3: (void)accounts.take(badge, any(badges), amount()); break;
        case 4: (void)accounts.hand_back(badge, amount()); break;
        case 5:
            if (random() % 16 == 0) (void)accounts.close(badge, any(badges));
            break;
        case 6:
            if (random() % 64 == 0) accounts.died(badge);
            break;
        case 7:
            for (const uint64_t number : numbers) {
                if (random() % 8 == 0) (void)accounts.release(badge, number);
            }
            if (numbers.size() > 100) numbers.erase(numbers.begin(), numbers.begin() + 50);
            break;
        case 8:
            if (random() % 16 == 0) accounts.undo(random() % 2 == 0 ? any(numbers) : any(badges));
            break;
        case 9:
            if (random() % 32 == 0) manager.kernel.retypes_until_refusal = random() % 4;
            break;
        default:
            if (const auto loan = accounts.lend(badge, requests[random() % std::size(requests)])) {
                numbers.push_back(loan->number);
                ++lent;
            }
        }
        REQUIRE(books_are_right(accounts));
    }
    manager.kernel.retypes_until_refusal.reset();
    REQUIRE(lent > 200);
    while (const auto next = accounts.next(Accounts::own)) accounts.died(next->first.account);
    CHECK(all_is_back(manager));
    const auto own = accounts.next(0);
    CHECK(own->first.state.used == Amount{});
    CHECK(accounts.admit(2, {pages, 50}, "client"));
    CHECK(accounts.lend(2, {ObjectType::untyped, pages}));
}

TEST_CASE("an account's memory is its own: what one keeps never keeps another's from coming back") {
    Manager manager;
    Accounts& accounts = *manager.accounts;
    REQUIRE(accounts.admit(2, {60, 40}, "one"));
    REQUIRE(accounts.admit(3, {60, 40}, "other"));
    // Small objects of both, in turns: each account has a page of its own for them.
    std::vector<uint64_t> of_one;
    for (int times = 0; times < 10; ++times) {
        of_one.push_back(accounts.lend(2, {ObjectType::endpoint})->number);
        REQUIRE(accounts.lend(3, {ObjectType::endpoint}));
    }
    CHECK(accounts.state(2)->used == Amount{1, 10});
    for (const uint64_t number : of_one) REQUIRE(accounts.release(2, number));
    CHECK(accounts.state(2)->used == Amount{});
    CHECK(accounts.state(3)->used == Amount{1, 10});
}

TEST_CASE("a memory manager without slots refuses, and has charged nothing") {
    Manager manager(24);
    Accounts& accounts = *manager.accounts;
    REQUIRE(accounts.admit(2, {60, 40}, "one"));
    uint64_t lent = 0;
    sel::Result<Accounts::Lent> loan = accounts.lend(2, {ObjectType::endpoint});
    for (; loan; loan = accounts.lend(2, {ObjectType::endpoint})) ++lent;
    CHECK(loan.error().is(sel::LibraryError::no_slots));
    CHECK(lent > 0);
    CHECK(accounts.state(2)->used.objects == lent);
    CHECK(!accounts.open(2, {1, 1}, "below"));
    CHECK(accounts.state(2)->used.objects == lent);
    accounts.died(2);
    CHECK(manager.slots.available() == 24);
}

TEST_CASE("a refusal by the kernel in the midst of a loan leaves no trace") {
    Manager manager;
    Accounts& accounts = *manager.accounts;
    REQUIRE(accounts.admit(2, {60, 40}, "one"));
    for (unsigned after = 0; after < 12; ++after) {
        manager.kernel.retypes_until_refusal = after;
        const auto loan = accounts.lend(2, {ObjectType::frame, 12});
        if (loan) {
            REQUIRE(accounts.release(2, loan->number));
        } else {
            CHECK(loan.error().is(sel::abi::ErrorCode::depth_exceeded));
        }
        CHECK(accounts.state(2)->used == Amount{});
        CHECK(manager.slots.available() == slot_count);
    }
}
