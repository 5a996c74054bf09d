// SPDX-License-Identifier: BSD-2-Clause
// A task that the task manager starts: does what its argument `does` says.

#include <charconv>
#include <cstdlib>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/notification.hpp>

#include "../../../../userland/servers/memory/memory_protocol.hpp"

namespace {

/// Calls `driver` with its argument, and what it finds of itself.
void report() {
    const auto& environment = sel::environment();
    const auto driver = sel::or_abort(environment.endpoint("driver"), "finding the driver");
    uint64_t number = 0;
    const auto text = environment.argument("number").value_or("");
    std::from_chars(text.data(), text.data() + text.size(), number);
    static uint64_t zeroed[1024];
    static uint64_t initialised = 42;
    uint64_t sum = 0;
    for (const uint64_t word : zeroed) sum += word;
    const auto answer = driver.call(sel::Message(1, number, initialised + sum, environment.header().stack_size));
    if (!answer || answer->word(0) != number + 1) std::exit(3);
}

/// Borrows memory until there is no more, and stays.
void borrow() {
    const auto& environment = sel::environment();
    const auto memory = sel::or_abort(environment.endpoint("memory"), "finding memory");
    const auto table = sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto bell = sel::or_abort(environment.notification("bell"), "finding the bell");
    const sel::Acceptor into(table, sel::own_slots());
    while (memory_server::frame(memory, into, 12)) {}
    // Guesses at what the task itself lies in, and at others' loans.
    for (uint64_t number = 0; number < 100; ++number) {
        if (memory_server::release(memory, number)) break;
    }
    bell.signal();
}

/// Takes a call and keeps the caller waiting.
void hold() {
    const auto& environment = sel::environment();
    const auto memory = sel::or_abort(environment.endpoint("memory"), "finding memory");
    const auto table = sel::or_abort(environment.capability<sel::CapTable>("table"), "finding the own table");
    const auto calls = sel::or_abort(environment.endpoint("calls"), "finding the endpoint");
    const sel::Acceptor into(table, sel::own_slots());
    const auto reply = std::get<1>(sel::or_abort(memory_server::reply(memory, into), "borrowing a reply"));
    (void)calls.receive(reply);
    (void)sel::or_abort(environment.notification("bell"), "finding the bell").wait();
}

}  // namespace

int main() {
    const auto does = sel::environment().argument("does").value_or("");
    if (does == "report") report();
    if (does == "borrow") borrow();
    if (does == "hold") hold();
    if (does == "fail") return 3;
    if (does == "abort") std::abort();
    if (does == "fault") *reinterpret_cast<volatile uint64_t*>(0xdead'0000) = 1;
    if (does == "write_code") *reinterpret_cast<volatile uint32_t*>(reinterpret_cast<uint64_t>(&report)) = 0;
    if (does == "loop") {
        for (;;) asm volatile("");
    }
    return 0;
}
