// SPDX-License-Identifier: BSD-2-Clause
// Makes 2,000 address spaces and visits them in turn, several times: each visit finds that somebody else has the tag. All
// have the same code and their data at the same address; whoever sees another's says so.

#include <checks.hpp>
#include <chrono>
#include <crowd.hpp>

#include <sel/address_allocator.hpp>
#include <sel/clock.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/slot_allocator.hpp>

namespace {

using sel::or_abort;

constexpr uint64_t spaces = 2000;
constexpr uint64_t rounds = 3;
constexpr uint64_t table_span = uint64_t{2} << 20;

template <typename T>
T given(std::string_view name) {
    return or_abort(sel::environment().capability<T>(name), "finding a capability");
}

/// Time for the members, one at a time.
sel::SchedContext make_time(sel::CapTable table, sel::Untyped memory, sel::CapIndex slot) {
    constexpr uint64_t refills = 2;
    or_abort(memory.retype({.type = sel::abi::ObjectType::sched_context,
                            .size = refills,
                            .count = 1,
                            .table = table,
                            .first = slot.raw()}),
             "making time");
    const sel::SchedContext context(slot);
    const uint64_t second = sel::Clock::ticks(std::chrono::seconds(1));
    or_abort(given<sel::ScheduleControl>("time").configure(
                 {.context = context, .budget = second, .period = second, .refills = 0}),
             "giving time");
    return context;
}

test::CrowdMeans means() {
    const auto table = given<sel::CapTable>("table");
    const auto memory = given<sel::Untyped>("memory");
    const sel::CapIndex slots = or_abort(sel::own_slots().allocate(1 + test::Crowd::slots(spaces)), "finding slots");
    return {.table = table,
            .space = given<sel::AddressSpace>("space"),
            .memory = memory,
            .thread = given<sel::Thread>("thread"),
            .priority = 200,
            .time = make_time(table, memory, slots),
            .first = slots + 1,
            .scratch_address = or_abort(sel::own_addresses().allocate(table_span, table_span), "finding addresses")};
}

/// How many members do not say what they should.
uint64_t wrong_in_a_round(const test::Crowd& crowd, uint64_t round) {
    uint64_t wrong = 0;
    for (uint64_t number = 0; number < spaces; ++number) {
        const test::Visit visit = or_abort(crowd.visit(number), "visiting");
        wrong += visit.member != number || visit.before != round ? 1 : 0;
    }
    return wrong;
}

}  // namespace

int main() {
    test::begin();
    const test::Crowd crowd = or_abort(test::Crowd::make(means(), spaces), "making a crowd");
    for (uint64_t round = 0; round < rounds; ++round) {
        test::check(wrong_in_a_round(crowd, round) == 0, "each finds its own memory as it has left it");
    }
    test::succeeds(crowd.clear(), "taking 2,000 spaces apart");
    return test::finish();
}
