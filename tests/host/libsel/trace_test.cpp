// SPDX-License-Identifier: BSD-2-Clause
// A ring of events: what is written is read, what is overwritten or given up is known to be missing, and no reader takes a
// mixture for an event, under the thread sanitizer. The host's counter stands in for the machine's.

#include <memory>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <sel/trace.hpp>

using namespace sel::trace;

namespace {

/// Memory for a ring of so many events, zeroed.
class Memory {
public:
    explicit Memory(size_t events) : lines_(1 + events) {}
    std::span<std::byte> bytes() { return std::as_writable_bytes(std::span(lines_)); }

private:
    struct alignas(64) Line {
        std::array<std::byte, 64> bytes;
    };
    std::vector<Line> lines_;
};

}  // namespace

TEST_CASE("trace: an event is read as it was written, its name cut if it is too long") {
    Memory memory(4);
    Ring ring(memory.bytes());
    CHECK(ring.written() == 0);
    CHECK(!ring.read(0));
    ring.write(Phase::begin, "decode", 0, 100);
    ring.write(Phase::counter, std::string(100, 'x'), 7, 200);
    REQUIRE(ring.written() == 2);
    CHECK(ring.first() == 0);
    const auto first = ring.read(0);
    REQUIRE(first);
    CHECK(first->phase == Phase::begin);
    CHECK(first->name() == "decode");
    CHECK(first->time == 100);
    CHECK(ring.read(1)->name() == std::string(longest_name, 'x'));
    CHECK(ring.read(1)->value == 7);
    CHECK(!ring.read(2));
}

TEST_CASE("trace: the last events stay") {
    Memory memory(4);
    Ring ring(memory.bytes());
    for (uint64_t number = 0; number < 11; ++number) ring.write(Phase::instant, "tick", number, number);
    CHECK(ring.written() == 11);
    CHECK(ring.first() == 7);
    for (uint64_t number = 0; number < 7; ++number) CHECK(!ring.read(number));
    for (uint64_t number = 7; number < 11; ++number) CHECK(ring.read(number)->value == number);
    CHECK(ring.dropped() == 0);
}

TEST_CASE("trace: whoever is overtaken by a whole round gives up, and nobody waits") {
    Memory memory(2);
    Ring ring(memory.bytes());
    auto* const records = reinterpret_cast<Record*>(memory.bytes().data() + sizeof(Head));
    ring.write(Phase::instant, "a", 0, 0);
    records[0].sequence = 2 * (0 + 1) + 1;  // as if event 0 were still being written
    ring.write(Phase::instant, "b", 1, 0);
    ring.write(Phase::instant, "c", 2, 0);  // its place is taken
    CHECK(ring.dropped() == 1);
    CHECK(!ring.read(0));
    CHECK(!ring.read(2));
    CHECK(ring.read(1)->name() == "b");
    records[1].sequence = 2 * (5 + 1);  // as if event 5 had been written before event 3 was
    ring.write(Phase::instant, "d", 3, 0);
    CHECK(ring.dropped() == 2);
}

TEST_CASE("trace: what a hostile writer leaves is no event, or a harmless one") {
    Memory memory(2);
    const Ring ring(memory.bytes());
    auto* const head = reinterpret_cast<Head*>(memory.bytes().data());
    auto* const records = reinterpret_cast<Record*>(memory.bytes().data() + sizeof(Head));
    head->next = UINT64_MAX;
    CHECK(ring.first() == UINT64_MAX - 2);
    head->next = 1;
    records[0].sequence = 2;
    for (const uint64_t bad : {uint64_t{0}, uint64_t{5}, uint64_t{1} | 39 << 8, ~uint64_t{0}}) {
        records[0].rest[0] = bad;
        CHECK(!ring.read(0));
    }
    records[0].rest[0] = 1 | 38 << 8;
    REQUIRE(ring.read(0));
    CHECK(ring.read(0)->name().size() == 38);
}

TEST_CASE("trace: threads write at once; each event that is read is one that was written") {
    Memory memory(16);
    Ring ring(memory.bytes());
    constexpr uint64_t each = 3000;
    constexpr uint64_t writers = 3;
    std::atomic<uint64_t> ended = 0;
    uint64_t seen = 0;
    {
        std::vector<std::jthread> threads;
        for (uint64_t writer = 0; writer < writers; ++writer) {
            threads.emplace_back([&, writer] {
                const std::string name(writer + 1, static_cast<char>('a' + writer));
                for (uint64_t number = 0; number < each; ++number)
                    ring.write(Phase::counter, name, number, number * 10 + writer);
                ++ended;
            });
        }
        do {
            for (uint64_t number = ring.first(); number < ring.written(); ++number) {
                const auto event = ring.read(number);
                if (!event) continue;
                ++seen;
                const uint64_t writer = event->time % 10;
                REQUIRE(event->value == event->time / 10);
                REQUIRE(event->name() == std::string(writer + 1, static_cast<char>('a' + writer)));
            }
        } while (ended < writers);
    }
    CHECK(ring.written() == writers * each);
    uint64_t kept = 0;
    for (uint64_t number = ring.first(); number < ring.written(); ++number) kept += ring.read(number) ? 1 : 0;
    CHECK(kept + ring.dropped() >= 16);
    CHECK(seen > 0);
}
