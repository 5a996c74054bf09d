// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `library`: channels, both ends in one program, so that both sides' instructions are seen.

#include <cstddef>

#include <sel/channel_set.hpp>
#include <sel/shared_channel.hpp>

#include "library_rows.hpp"
#include "measure.hpp"

namespace bench {

namespace {

struct Words {
    uint64_t words[8];
};
constexpr uint32_t slots = 64;
constexpr uint32_t buffers = 4;
constexpr size_t large = 65536;

sel::Result<void> measure_small(sel::Notification one, sel::Notification other) {
    static sel::ChannelMemory<Words, slots> memory;
    sel::Producer<Words, slots> producer(memory, one, other);
    sel::Consumer<Words, slots> consumer(memory, other, one);
    note<"channel.small">("8 words, put, shown and taken; nobody sleeps");
    SEL_TRY_VOID(measure<"channel.small">([&](uint64_t run) -> sel::Result<void> {
        SEL_TRY_VOID(producer.put({{run, run, run, run, run, run, run, run}}));
        SEL_TRY_VOID(producer.flush());
        SEL_TRY_VOID(consumer.take());
        return {};
    }));
    note<"channel.small.32">("32 of them, shown at once");
    return measure<"channel.small.32">([&](uint64_t run) -> sel::Result<void> {
        for (uint64_t i = 0; i < 32; ++i) SEL_TRY_VOID(producer.put({{run, i, i, i, i, i, i, i}}));
        SEL_TRY_VOID(producer.flush());
        for (uint64_t i = 0; i < 32; ++i) SEL_TRY_VOID(consumer.take());
        return {};
    });
}

std::array<std::byte, buffers * large> large_memory;

sel::Result<void> measure_large(sel::Notification one, sel::Notification other) {
    static sel::ChannelMemory<sel::BufferMessage, buffers> lent_memory;
    static sel::ChannelMemory<uint32_t, buffers> returned_memory;
    sel::Producer<sel::BufferMessage, buffers> lent(lent_memory, one, other);
    sel::Consumer<uint32_t, buffers> returned(returned_memory, one, other);
    sel::Consumer<sel::BufferMessage, buffers> arriving(lent_memory, other, one);
    sel::Producer<uint32_t, buffers> leaving(returned_memory, other, one);
    sel::BufferLender<buffers> lender(lent, returned, large_memory);
    sel::BufferBorrower<buffers> borrower(arriving, leaving, large_memory);
    note<"channel.large">("64 KiB: a buffer taken, lent, seen, given back");
    return measure<"channel.large">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY(number, lender.take());
        SEL_TRY_VOID(lender.lend(number, large));
        SEL_TRY(borrowed, borrower.take_waiting());
        return borrower.give_back(borrowed);
    });
}

sel::Result<void> measure_shared(sel::Notification one, sel::Notification other) {
    static sel::SharedChannelMemory<Words, slots> memory;
    sel::SharedProducer<Words, slots> producer(memory, one, other);
    sel::SharedConsumer<Words, slots> consumer(memory, other, one);
    note<"channel.shared">("the same in a queue of several producers");
    return measure<"channel.shared">([&](uint64_t run) -> sel::Result<void> {
        SEL_TRY_VOID(producer.put({{run, run, run, run, run, run, run, run}}));
        SEL_TRY_VOID(producer.flush());
        SEL_TRY_VOID(consumer.take());
        return {};
    });
}

/// Both ends in a thread each: the consumer sleeps, is woken by a batch, takes all of it and sleeps again.
class Streams {
public:
    Streams(sel::Notification one, sel::Notification other) : one_(one), other_(other) {}

    /// The consumer's thread, of the higher priority.
    void consume() {
        for (uint64_t count = 0; count < usual.all() * batch; ++count) {
            if (!small_out_.take_waiting()) return;
        }
        for (uint64_t run = 0; run < usual.all(); ++run) {
            const auto borrowed = borrower_.take_waiting();
            if (!borrowed || !borrower_.give_back(*borrowed)) return;
        }
    }

    sel::Result<void> produce() {
        note<"channel.stream.small">("32 messages of 8 words to a thread that sleeps, until it sleeps again");
        SEL_TRY_VOID(measure<"channel.stream.small">([&](uint64_t run) -> sel::Result<void> {
            for (uint64_t i = 0; i < batch; ++i) SEL_TRY_VOID(small_in_.put({{run, i, i, i, i, i, i, i}}));
            return small_in_.flush();
        }));
        note<"channel.stream.large">("64 KiB lent to a thread that sleeps, until it has given them back and sleeps");
        return measure<"channel.stream.large">([&](uint64_t) -> sel::Result<void> {
            SEL_TRY(number, lender_.take());
            return lender_.lend(number, large);
        });
    }

private:
    static constexpr uint64_t batch = 32;
    using Small = sel::ChannelMemory<Words, slots>;
    using Lent = sel::ChannelMemory<sel::BufferMessage, buffers>;
    using Returned = sel::ChannelMemory<uint32_t, buffers>;

    sel::Notification one_, other_;
    Small small_;
    Lent lent_;
    Returned returned_;
    sel::Producer<Words, slots> small_in_{small_, one_, other_};
    sel::Consumer<Words, slots> small_out_{small_, other_, one_};
    sel::BufferLender<buffers>::Lent lending_{lent_, one_, other_};
    sel::BufferLender<buffers>::Returned returning_{returned_, one_, other_};
    sel::BufferBorrower<buffers>::Lent borrowing_{lent_, other_, one_};
    sel::BufferBorrower<buffers>::Returned giving_{returned_, other_, one_};
    sel::BufferLender<buffers> lender_{lending_, returning_, large_memory};
    sel::BufferBorrower<buffers> borrower_{borrowing_, giving_, large_memory};
};

sel::Result<void> measure_streams(test::Stage& stage, sel::Notification one, sel::Notification other) {
    static Streams streams(one, other);
    static sel::Result<void> result;
    static auto consume = [] { streams.consume(); };
    static auto produce = [] { result = streams.produce(); };
    constexpr uint64_t long_us = 1'000'000;  // no timer interrupt falls into a measurement
    const test::Role role{.priority = 101, .budget_us = long_us, .period_us = long_us, .buffer = false};
    const auto consumer = stage.start(role, consume);
    stage.wait_for(
        stage.start({.priority = 100, .budget_us = long_us, .period_us = long_us, .buffer = false}, produce));
    stage.wait_for(consumer);
    return result;
}

}  // namespace

sel::Result<void> measure_channels(test::Stage& stage) {
    const auto one = stage.make<sel::Notification>();
    const auto other = stage.make<sel::Notification>();
    SEL_TRY_VOID(measure_small(one, other));
    SEL_TRY_VOID(measure_large(one, other));
    SEL_TRY_VOID(measure_shared(one, other));
    return measure_streams(stage, stage.make<sel::Notification>(), stage.make<sel::Notification>());
}

}  // namespace bench
