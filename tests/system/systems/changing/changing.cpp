// SPDX-License-Identifier: BSD-2-Clause
// Changes what it has in each way that a spec can say, one of each, says so, and waits for ever. What a snapshot has to show
// then: tests/system/test_snapshot.py.
#include <checks.hpp>

#include <sel/environment.hpp>
#include <sel/print.hpp>

namespace {

using sel::abi::Right;

constexpr uint64_t free_slot = 100;
constexpr uint64_t ticks_of_millisecond = 62'500;  // of the machine that this is tested on
constexpr uint64_t free_address = 0x3f0000;        // in the 2 MiB that the program lies in

template <class Capability>
Capability given(std::string_view name) {
    return sel::or_abort(sel::environment().capability<Capability>(name), "finding what was given");
}

uint64_t slot_of(std::string_view name) { return given<sel::stub::Capability>(name).index().raw(); }

void change_table() {
    const auto table = given<sel::CapTable>("table");
    test::succeeds(table.unmap({.first = slot_of("bell"), .count = 1, .root = sel::abi::KeepRoot::self}), "one less");
    test::succeeds(table.map({.first = free_slot,
                              .source = table,
                              .source_first = slot_of("questions"),
                              .count = 1,
                              .rights = Right::write,
                              .badge = 7}),
                   "one more");
    test::succeeds(
        table.grant({.first = free_slot + 1, .source = table, .source_first = slot_of("answers"), .count = 1}),
        "one elsewhere");
    test::succeeds(
        given<sel::Untyped>("memory").retype(
            {.type = sel::abi::ObjectType::endpoint, .size = 0, .count = 1, .table = table, .first = free_slot + 2}),
        "a new object");
}

void change_the_rest() {
    test::succeeds(given<sel::AddressSpace>("space").map({.frames = given<sel::CapTable>("table"),
                                                          .first = slot_of("second"),
                                                          .count = 1,
                                                          .address = free_address,
                                                          .rights = sel::abi::RightsMask(Right::read) | Right::write,
                                                          .kind = sel::abi::MemoryKind::normal}),
                   "a mapping");
    const auto thread = given<sel::Thread>("thread");
    test::succeeds(thread.set_priority({.priority = 40, .maximum = 50, .authority = thread}), "a priority");
    test::succeeds(given<sel::ScheduleControl>("time").configure({.context = given<sel::SchedContext>("calendar"),
                                                                  .budget = 2 * ticks_of_millisecond,
                                                                  .period = 10 * ticks_of_millisecond,
                                                                  .refills = 0}),
                   "a budget");
}

}  // namespace

int main() {
    test::begin();
    const auto silence = given<sel::Notification>("silence");
    change_table();
    change_the_rest();
    test::summarize();
    for (;;) {
        (void)silence.wait();
    }
}
