// SPDX-License-Identifier: BSD-2-Clause
// Channels between threads that are preempted anywhere: in order, nothing lost; then with a partner that writes rubbish
// into the memory, falls silent, or is gone.

#include <checks.hpp>
#include <stage.hpp>

#include <sel/channel_set.hpp>

namespace {

using sel::abi::ErrorCode;
using sel::abi::KeepRoot;
using test::check;
using test::Stage;

struct Words {
    uint64_t words[8];
};
constexpr uint32_t slots = 16;
using Memory = sel::ChannelMemory<Words, slots>;
using Producer = sel::Producer<Words, slots>;
using Consumer = sel::Consumer<Words, slots>;

void stream(Stage& stage) {
    static Memory memory;
    constexpr uint64_t count = 5000;
    const auto producers = stage.make<sel::Notification>();
    const auto consumers = stage.make<sel::Notification>();
    uint64_t wrong = 0;
    auto produce = [&] {
        Producer producer(memory, producers, consumers);
        for (uint64_t i = 0; i < count; ++i) {
            if (!producer.put_waiting({{i, i, i, i, i, i, i, ~i}})) ++wrong;
            if (i % 5 == 0 && !producer.flush()) ++wrong;
        }
        if (!producer.flush()) ++wrong;
    };
    auto consume = [&] {
        Consumer consumer(memory, consumers, producers);
        for (uint64_t i = 0; i < count; ++i) {
            const auto taken = consumer.take_waiting();
            wrong += taken && taken->words[0] == i && taken->words[7] == ~i ? 0 : 1;
        }
    };
    const auto one = stage.start({.priority = 101, .budget_us = 30, .period_us = 100}, produce);
    const auto other = stage.start({.priority = 102, .budget_us = 20, .period_us = 150}, consume);
    stage.wait_for(one);
    stage.wait_for(other);
    check(wrong == 0, "all messages came, whole and in order");
}

/// Two producers, one of whom writes rubbish wherever it can: it costs its own messages only.
void suffer(Stage& stage) {
    static Memory good, bad;
    constexpr uint64_t count = 2000;
    const auto bell = stage.make<sel::Notification>();
    const auto producers = stage.make<sel::Notification>();
    uint64_t wrong = 0;
    bool is_over = false;
    auto produce = [&] {
        Producer producer(good, producers, bell);
        for (uint64_t i = 0; i < count; ++i) {
            if (!producer.put_waiting({{i, 0, 0, 0, 0, 0, 0, ~i}}) || !producer.flush()) ++wrong;
        }
    };
    auto scribble = [&] {
        uint64_t random = 88172645463325252;
        while (!is_over) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            const uint64_t value = random >> (random % 64);
            switch (random % 4) {
            case 0: bad.head.store(value); break;
            case 1: bad.tail.store(value); break;
            case 2: bad.messages[value % slots].words[0] = value; break;
            default: (void)bell.signal(); break;
            }
        }
    };
    const auto one = stage.start({.priority = 101, .budget_us = 50, .period_us = 200}, produce);
    const auto hostile = stage.start({.priority = 105, .budget_us = 20, .period_us = 200}, scribble);
    sel::ChannelSet<Words, slots> set(bell);
    set.add(bad, producers);
    set.add(good, producers);
    uint64_t next = 0, from_hostile = 0;
    while (next < count || from_hostile == 0) {
        const auto taken = set.take_waiting();
        if (!taken) {
            ++wrong;
            break;
        }
        if (taken->producer == 0) {
            ++from_hostile;
        } else {
            wrong += taken->message.words[0] == next && taken->message.words[7] == ~next ? 0 : 1;
            ++next;
        }
    }
    is_over = true;
    stage.wait_for(one);
    stage.wait_for(hostile);
    check(wrong == 0, "nothing of the good one's is lost or garbled");
    check(from_hostile > 0, "the other one was heard, too");
}

/// Buffers that are lent to another thread, and to one that gives back what it has not.
void lend(Stage& stage) {
    constexpr uint32_t buffers = 4;
    constexpr size_t bytes = 8 << 10;  // each frame costs the debug kernel a look at each entry
    using Lender = sel::BufferLender<buffers>;
    using Borrower = sel::BufferBorrower<buffers>;
    static sel::ChannelMemory<sel::BufferMessage, buffers> lent_memory;
    static sel::ChannelMemory<uint32_t, buffers> returned_memory;
    const auto lenders = stage.make<sel::Notification>();
    const auto borrowers = stage.make<sel::Notification>();
    const auto pages = stage.make_objects(sel::abi::ObjectType::frame, 12, buffers * bytes / 4096);
    const auto address = stage.mapper().map({.first = pages.first, .count = pages.count});
    if (!test::succeeds(address, "mapping the buffers")) return;
    const std::span<std::byte> memory(reinterpret_cast<std::byte*>(*address), buffers * bytes);
    uint64_t wrong = 0;
    constexpr uint64_t count = 40;
    auto borrow = [&] {
        Borrower::Lent lent(lent_memory, borrowers, lenders);
        Borrower::Returned returned(returned_memory, borrowers, lenders);
        Borrower borrower(lent, returned, memory);
        for (uint64_t i = 0; i < count; ++i) {
            const auto one = borrower.take_waiting();
            wrong += one && one->bytes.size() == bytes - i && one->bytes.back() == std::byte(i) ? 0 : 1;
            if (one) wrong += borrower.give_back(*one) ? 0 : 1;
        }
        (void)returned.put(2);  // which it has given back
        (void)returned.flush();
    };
    const auto other = stage.start({.priority = 101}, borrow);
    Lender::Lent lent(lent_memory, lenders, borrowers);
    Lender::Returned returned(returned_memory, lenders, borrowers);
    Lender lender(lent, returned, memory);
    for (uint64_t i = 0; i < count; ++i) {
        const auto number = lender.take_waiting();
        if (!test::succeeds(number, "a free buffer")) break;
        lender.buffer(*number)[bytes - i - 1] = std::byte(i);
        wrong += lender.lend(*number, bytes - i) ? 0 : 1;
    }
    stage.wait_for(other);
    check(wrong == 0, "all arrive as they were filled");
    sel::Result<uint32_t> taken = 0;
    for (uint32_t i = 0; i <= buffers && taken; ++i) taken = lender.take();
    check(!taken && taken.error().is(sel::LibraryError::unexpected_message), "what was not lent cannot be given back");
    check(lender.lend(0, bytes + 1).error().is(sel::LibraryError::outside_region), "no more than a buffer is lent");
    check(lender.lend(buffers, 1).error().is(sel::LibraryError::outside_region), "nor one that there is not");
    check(Memory::at(memory.subspan(8)).error().is(sel::LibraryError::outside_region), "a queue is aligned");
    check(Memory::at(memory.first(64)).error().is(sel::LibraryError::outside_region), "and lies within its memory");
}

void end(Stage& stage) {
    static Memory memory;
    const auto producers = stage.make<sel::Notification>();
    const auto consumers = stage.make<sel::Notification>();
    sel::Result<Words> taken = Words{};
    auto consume = [&] { taken = Consumer(memory, consumers, producers).take_waiting(); };
    const auto waiting = stage.start({.priority = 101}, consume);
    check(!stage.has_ended(waiting), "it waits for a message");
    stage.unmap(consumers, KeepRoot::self);
    check(stage.has_ended(waiting), "until the notification is gone");
    test::refuses(taken, ErrorCode::cancelled, "and is told so");
    Producer producer(memory, producers, consumers);
    for (uint32_t i = 0; i < slots; ++i) (void)producer.put({});
    test::refuses(producer.put({}), ErrorCode::would_block, "a full queue is no reason to wait");
}

}  // namespace

int main() {
    test::begin();
    Stage stage;
    stream(stage);
    suffer(stage);
    lend(stage);
    end(stage);
    return test::finish();
}
