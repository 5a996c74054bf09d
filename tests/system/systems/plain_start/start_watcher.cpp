// SPDX-License-Identifier: BSD-2-Clause
// Awaits that a plain thread's time is up, and looks at what it has written until then: the arguments it began with.
//
// From its specification:
//     timeouts   endpoint (R): of the thread's task, with badge 5; a Reply `answer`
//     written    memory (R): where the thread's stack begins

#include <cstring>

#include <checks.hpp>

#include <sel/ending.hpp>
#include <sel/environment.hpp>

int main() {
    using sel::or_abort;
    test::begin();
    const auto& given = sel::environment();
    const auto timeouts = or_abort(given.endpoint("timeouts"), "finding the endpoint");
    const auto reply = or_abort(given.reply("answer"), "finding the reply");
    const auto written = or_abort(given.memory("written"), "finding the memory");

    const auto got = or_abort(timeouts.receive(reply), "receiving");
    test::check(got.arrival == sel::Arrival::fault, "a fault arrives");
    test::check(got.badge == 5, "with the badge of the time-out endpoint");
    test::check(got.message.label() == static_cast<uint32_t>(sel::abi::FaultKind::timeout), "and is a time-out");
    test::check(got.message.word(1) == 0, "since the budget is used up");
    for (uint64_t index = 0; index < 8; ++index) {
        uint64_t word = 0;
        std::memcpy(&word, written.bytes.data() + index * sizeof word, sizeof word);
        test::check(word == 101 + index, "an argument is where it belongs");
    }
    return test::finish();
}
