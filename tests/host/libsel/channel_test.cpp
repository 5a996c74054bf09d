// SPDX-License-Identifier: BSD-2-Clause
// Channels between threads, watched by the thread sanitizer: order, batches, many producers, lent buffers.

#include <memory>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <sel/channel_set.hpp>
#include <sel/shared_channel.hpp>

#include "fake_notifications.hpp"

using namespace sel;

namespace {

constexpr uint32_t slots = 16;
using Memory = ChannelMemory<uint64_t, slots>;

struct Channel {
    std::unique_ptr<Memory> memory = std::make_unique<Memory>();
    FakeNotification producers, consumers;
    Producer<uint64_t, slots> producer{*memory, producers.capability(), consumers.capability()};
    Consumer<uint64_t, slots> consumer{*memory, consumers.capability(), producers.capability()};
};

}  // namespace

TEST_CASE("channel: what is put in comes out, in order, with a system call only for who sleeps") {
    Channel channel;
    const uint64_t before = FakeNotification::calls();
    CHECK(channel.consumer.take().error().is(abi::ErrorCode::would_block));
    for (uint64_t round = 0; round < 100; ++round) {
        for (uint64_t i = 0; i < slots; ++i) REQUIRE(channel.producer.put(round * slots + i));
        CHECK(channel.producer.room() == 0);
        CHECK(channel.producer.put(1).error().is(abi::ErrorCode::would_block));
        CHECK(channel.consumer.available() == 0);  // nothing is shown yet
        REQUIRE(channel.producer.flush());
        for (uint64_t i = 0; i < slots; ++i) CHECK(channel.consumer.take() == round * slots + i);
        CHECK(channel.consumer.take().error().is(abi::ErrorCode::would_block));
    }
    CHECK(FakeNotification::calls() == before);
}

TEST_CASE("channel: two threads that wait for each other") {
    Channel channel;
    constexpr uint64_t count = 20000;
    std::jthread producing([&] {
        for (uint64_t i = 0; i < count; ++i) {
            if (!channel.producer.put_waiting(i)) return;
            if (i % 7 == 0) (void)channel.producer.flush();
        }
        (void)channel.producer.flush();
    });
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; ++i) wrong += channel.consumer.take_waiting() == i ? 0 : 1;
    CHECK(wrong == 0);
}

TEST_CASE("channel: memory that is too small, or not aligned, holds none") {
    alignas(64) std::array<std::byte, sizeof(Memory) + 64> bytes{};
    CHECK(Memory::at(bytes));
    CHECK(Memory::at(std::span(bytes).first(sizeof(Memory) - 1)).error().is(LibraryError::outside_region));
    CHECK(Memory::at(std::span(bytes).subspan(8)).error().is(LibraryError::outside_region));
}

TEST_CASE("channel set: many producers, of whom none can keep another from being heard") {
    constexpr uint64_t producers = 3, count = 3000;
    FakeNotification bell;
    std::array<FakeNotification, producers> bells;
    std::array<std::unique_ptr<Memory>, producers> memories;
    ChannelSet<uint64_t, slots> set(bell.capability());
    std::vector<std::jthread> running;
    for (uint64_t i = 0; i < producers; ++i) {
        memories[i] = std::make_unique<Memory>();
        set.add(*memories[i], bells[i].capability());
        running.emplace_back([&, i] {
            Producer<uint64_t, slots> producer(*memories[i], bells[i].capability(), bell.capability());
            for (uint64_t number = 0; number < count; ++number) {
                if (!producer.put_waiting(number) || !producer.flush()) return;
            }
        });
    }
    std::array<uint64_t, producers> next{};
    uint64_t wrong = 0;
    for (uint64_t taken = 0; taken < producers * count; ++taken) {
        const auto message = set.take_waiting();
        REQUIRE(message);
        wrong += message->message == next[message->producer]++ ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(set.take().error().is(abi::ErrorCode::would_block));
}

TEST_CASE("shared channel: each producer's messages come in order, none is lost, and the bell is for sleepers") {
    using Shared = SharedChannelMemory<uint64_t, slots>;
    const auto memory = std::make_unique<Shared>();
    FakeNotification bell, room;
    SharedConsumer<uint64_t, slots> consumer(*memory, bell.capability(), room.capability());
    SharedProducer<uint64_t, slots> alone(*memory, room.capability(), bell.capability());
    const uint64_t before = FakeNotification::calls();
    for (uint64_t round = 0; round < 10; ++round) {
        for (uint64_t i = 0; i < slots; ++i) REQUIRE(alone.put(i));
        CHECK(alone.put(1).error().is(abi::ErrorCode::would_block));
        CHECK(alone.flush());
        for (uint64_t i = 0; i < slots; ++i) CHECK(consumer.take() == i);
        CHECK(consumer.take().error().is(abi::ErrorCode::would_block));
    }
    CHECK(FakeNotification::calls() == before);

    constexpr uint64_t producers = 3, count = 5000;
    std::vector<std::jthread> running;
    for (uint64_t i = 0; i < producers; ++i) {
        running.emplace_back([&, i] {
            SharedProducer<uint64_t, slots> producer(*memory, room.capability(), bell.capability());
            for (uint64_t number = 0; number < count; ++number) {
                if (!producer.put_waiting(number * producers + i)) return;
                if (number % 5 == i) (void)producer.flush();
            }
            (void)producer.flush();
        });
    }
    std::array<uint64_t, producers> next{};
    uint64_t wrong = 0;
    for (uint64_t taken = 0; taken < producers * count; ++taken) {
        const auto message = consumer.take_waiting();
        REQUIRE(message);
        wrong += *message / producers == next[*message % producers]++ ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(Shared::at(std::span<std::byte>()).error().is(LibraryError::outside_region));
}

TEST_CASE("shared channel: bells that are gone end the waiting") {
    const auto memory = std::make_unique<SharedChannelMemory<uint64_t, slots>>();
    FakeNotification bell, room;
    SharedConsumer<uint64_t, slots> consumer(*memory, bell.capability(), room.capability());
    SharedProducer<uint64_t, slots> producer(*memory, room.capability(), bell.capability());
    for (uint64_t i = 0; i < slots; ++i) REQUIRE(producer.put(i));
    std::jthread ending([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        room.destroy();
        bell.destroy();
    });
    CHECK_FALSE(producer.put_waiting(1));
    for (uint64_t i = 0; i < slots; ++i) (void)consumer.take();
    CHECK_FALSE(consumer.take_waiting());
}

TEST_CASE("channel: a bell that is gone ends the waiting") {
    Channel channel;
    std::jthread ending([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        channel.consumers.destroy();
    });
    CHECK_FALSE(channel.consumer.take_waiting());
}

TEST_CASE("lent buffers: the bytes stay where they are, and no number is believed") {
    constexpr uint32_t buffers = 4;
    alignas(64) std::array<std::byte, buffers * 256> memory{};
    auto lent = std::make_unique<ChannelMemory<BufferMessage, buffers>>();
    auto returned = std::make_unique<ChannelMemory<uint32_t, buffers>>();
    FakeNotification one, other;
    Producer<BufferMessage, buffers> out(*lent, one.capability(), other.capability());
    Consumer<uint32_t, buffers> back(*returned, one.capability(), other.capability());
    Consumer<BufferMessage, buffers> in(*lent, other.capability(), one.capability());
    Producer<uint32_t, buffers> give(*returned, other.capability(), one.capability());
    BufferLender<buffers> lender(out, back, memory);
    BufferBorrower<buffers> borrower(in, give, memory);
    for (int round = 0; round < 10; ++round) {
        std::vector<uint32_t> numbers;
        for (uint32_t i = 0; i < buffers; ++i) {
            const auto number = lender.take();
            REQUIRE(number);
            lender.buffer(*number)[0] = std::byte{7};
            REQUIRE(lender.lend(*number, 10 + i));
        }
        CHECK(lender.take().error().is(abi::ErrorCode::would_block));
        for (uint32_t i = 0; i < buffers; ++i) {
            const auto borrowed = borrower.take_waiting();
            REQUIRE(borrowed);
            CHECK(borrowed->bytes.size() == 10 + i);
            CHECK(borrowed->bytes.data() == lender.buffer(borrowed->number).data());
            CHECK(borrower.give_back(*borrowed));
        }
    }
    const auto mine = lender.take();
    REQUIRE(mine);
    CHECK(lender.lend(buffers, 1).error().is(LibraryError::outside_region));
    CHECK(lender.lend(*mine, 257).error().is(LibraryError::outside_region));
    REQUIRE(lender.lend(*mine, 256));
    CHECK(lender.lend(*mine, 1).error().is(LibraryError::not_allocated));
    // What was never lent, or is given back twice.
    for (const uint32_t number : {*mine, *mine, 77u}) REQUIRE(give.put(number));
    REQUIRE(give.flush());
    CHECK(lender.take().error() == Error(LibraryError::unexpected_message, *mine, 0));
    CHECK(lender.take().error() == Error(LibraryError::unexpected_message, 77, 0));
    CHECK(lender.take());
    REQUIRE(out.put({9, 1}));
    REQUIRE(out.flush());
    CHECK(borrower.take_waiting());
    CHECK(borrower.take_waiting().error().is(LibraryError::outside_region));
}

TEST_CASE("channel: a producer that has died while it slept loses nothing of what it had put in") {
    Channel channel;
    for (uint64_t i = 0; i < slots; ++i) REQUIRE(channel.producer.put(i));
    REQUIRE(channel.producer.announce_sleep());
    channel.producers.destroy();
    for (uint64_t i = 0; i < slots; ++i) CHECK(channel.consumer.take() == i);
    CHECK(channel.consumer.take().error().is(abi::ErrorCode::would_block));

    // Nor does it keep others from being heard, by who waits for all of them.
    FakeNotification bell, dead, alive;
    const auto first = std::make_unique<Memory>(), second = std::make_unique<Memory>();
    ChannelSet<uint64_t, slots> set(bell.capability());
    set.add(*first, dead.capability());
    set.add(*second, alive.capability());
    Producer<uint64_t, slots> sleeping(*first, dead.capability(), bell.capability());
    REQUIRE(sleeping.put(7));
    REQUIRE(sleeping.announce_sleep());
    dead.destroy();
    CHECK(set.take_waiting().value().message == 7);
    std::jthread other([&] {
        Producer<uint64_t, slots> producer(*second, alive.capability(), bell.capability());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        (void)producer.put(8);
        (void)producer.flush();
    });
    CHECK(set.take_waiting().value().message == 8);
}

TEST_CASE("lent buffers: a buffer that has come back can be lent again at once") {
    constexpr uint32_t buffers = 8;
    const auto lent_memory = std::make_unique<ChannelMemory<BufferMessage, buffers>>();
    const auto returned_memory = std::make_unique<ChannelMemory<uint32_t, buffers>>();
    FakeNotification lenders, borrowers;
    std::vector<std::byte> bytes(buffers * 16);
    BufferLender<buffers>::Lent lent(*lent_memory, lenders.capability(), borrowers.capability());
    BufferLender<buffers>::Returned returned(*returned_memory, lenders.capability(), borrowers.capability());
    BufferLender<buffers> lender(lent, returned, bytes);
    BufferBorrower<buffers>::Lent taken(*lent_memory, borrowers.capability(), lenders.capability());
    BufferBorrower<buffers>::Returned given_back(*returned_memory, borrowers.capability(), lenders.capability());
    BufferBorrower<buffers> borrower(taken, given_back, bytes);
    for (uint32_t i = 0; i < buffers; ++i) REQUIRE(lender.lend(lender.take().value(), 16));
    for (int round = 0; round < 100; ++round) {
        REQUIRE(borrower.give_back(borrower.take_waiting().value()));
        REQUIRE(lender.lend(lender.take_waiting().value(), 16));
    }
}
