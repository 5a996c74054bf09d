// SPDX-License-Identifier: BSD-2-Clause
// The store's log, cut off at any moment; the sign of life, and who watches it.
#include <cstring>
#include <random>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "apps/store/store_log.hpp"
#include "servers/restart/pulse.hpp"

using store::Contents;
using store::Record;
using store::StoreLog;

using enum restart::Watchdog::Progress;

namespace {

using Memory = std::vector<uint64_t>;

std::span<std::byte> bytes_of(Memory& memory) { return std::as_writable_bytes(std::span(memory)); }

bool equal(const Contents& one, const Contents& other) { return std::memcmp(&one, &other, sizeof one) == 0; }

}  // namespace

TEST_CASE("a store's log that is cut off anywhere holds what was before or what is after") {
    std::mt19937_64 random(Catch::getSeed());
    Memory memory(2 * sizeof(Contents) / 8 + 1 + 7 * sizeof(Record) / 8);
    StoreLog log(bytes_of(memory));
    REQUIRE(log.room() == 7);
    Contents contents = log.read().value();
    REQUIRE(equal(contents, Contents{}));
    for (int round = 0; round < 500; ++round) {
        const Record record{random() % store::clients, random(), random() % store::keys, random()};
        const Memory before = memory;
        const Contents old = contents;
        contents.values[record.key] = record.value;
        contents.clients_seen[record.client] = {record.number, record.value};
        log.append(record, contents);
        REQUIRE(equal(log.read().value(), contents));
        // The word at the beginning is written last: whatever part of the others has been written, and in whatever order,
        // without it nothing has happened.
        for (int cut = 0; cut < 8; ++cut) {
            Memory torn = before;
            for (size_t word = 1; word < torn.size(); ++word) {
                if (random() % 2 == 0) torn[word] = memory[word];
            }
            REQUIRE(equal(StoreLog(bytes_of(torn)).read().value(), old));
        }
        REQUIRE(equal(StoreLog(bytes_of(memory)).read().value(), contents));
    }
}

TEST_CASE("what is no log is not read") {
    constexpr size_t head = 2 * sizeof(Contents) / 8 + 1;
    constexpr size_t record = sizeof(Record) / 8;
    Memory small(head);
    REQUIRE(!StoreLog(bytes_of(small)).read());
    Memory memory(head + 2 * record);
    memory[0] = 2;
    REQUIRE(StoreLog(bytes_of(memory)).read());
    memory[0] = 3;  // more records than there is room for
    REQUIRE(!StoreLog(bytes_of(memory)).read());
    memory[0] = 2;
    memory[head + record] = store::clients;
    REQUIRE(!StoreLog(bytes_of(memory)).read());
    memory[head + record] = 0;
    memory[head + record + 2] = store::keys;
    REQUIRE(!StoreLog(bytes_of(memory)).read());
}

TEST_CASE("a watchdog barks at a request that stays at work, and at no other") {
    uint64_t word = 0;
    const restart::Pulse pulse(word);
    restart::Watchdog watchdog(3);
    const auto look = [&] { return watchdog.is_stuck(pulse.now(), has_run_or_waits); };
    for (int times = 0; times < 100; ++times) REQUIRE(!look());  // idle
    for (int times = 0; times < 100; ++times) {                  // busy, but getting on
        pulse.begin();
        REQUIRE(!look());
        REQUIRE(!look());
        pulse.end();
    }
    pulse.begin();
    CHECK((!look() && !look() && !look()));
    CHECK(look());
    CHECK((!look() && !look()));
    CHECK(look());
    // Whoever takes over from one that was stuck ends its request first.
    pulse.end();
    for (int times = 0; times < 10; ++times) REQUIRE(!look());
    restart::Watchdog never(0);
    pulse.begin();
    for (int times = 0; times < 100; ++times) REQUIRE(!never.is_stuck(pulse.now(), has_run_or_waits));
}

TEST_CASE("a watchdog waits for who begins anew, but not for ever") {
    uint64_t word = 0;
    const restart::Pulse pulse(word);
    restart::Watchdog watchdog(3);
    const auto look = [&] { return watchdog.is_stuck(pulse.now(), has_run_or_waits); };
    pulse.begin();
    REQUIRE((!look() && !look()));
    watchdog.begin(pulse.now());  // killed in the midst of a request
    for (uint64_t times = 1; times < 3 * restart::Watchdog::start; ++times) REQUIRE(!look());
    pulse.end();  // it lives
    for (int times = 0; times < 100; ++times) REQUIRE(!look());
    watchdog.begin(pulse.now());
    for (uint64_t times = 1; times < 3 * restart::Watchdog::start; ++times) REQUIRE(!look());
    REQUIRE(look());
    uint64_t nothing = 0;
    watchdog.begin(nothing);  // one without a pulse
    for (int times = 0; times < 100; ++times) REQUIRE(!watchdog.is_stuck(nothing, has_run_or_waits));
}

TEST_CASE("a watchdog does not bark at who is kept from running") {
    uint64_t word = 0;
    const restart::Pulse pulse(word);
    restart::Watchdog watchdog(3);
    pulse.begin();
    CHECK(!watchdog.is_stuck(pulse.now(), has_run_or_waits));
    for (int times = 0; times < 100; ++times) REQUIRE(!watchdog.is_stuck(pulse.now(), was_kept_from_running));
    CHECK(!watchdog.is_stuck(pulse.now(), has_run_or_waits));
    CHECK(!watchdog.is_stuck(pulse.now(), has_run_or_waits));
    CHECK(watchdog.is_stuck(pulse.now(), has_run_or_waits));
}
