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
    end(stage);
    return test::finish();
}
