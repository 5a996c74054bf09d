// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `library`: channels, both ends in one program, so that both sides' instructions are seen.

#include <cstddef>

#include <sel/channel_set.hpp>

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

sel::Result<void> measure_large(sel::Notification one, sel::Notification other) {
    static std::array<std::byte, buffers * large> memory;
    static sel::ChannelMemory<sel::BufferMessage, buffers> lent_memory;
    static sel::ChannelMemory<uint32_t, buffers> returned_memory;
    sel::Producer<sel::BufferMessage, buffers> lent(lent_memory, one, other);
    sel::Consumer<uint32_t, buffers> returned(returned_memory, one, other);
    sel::Consumer<sel::BufferMessage, buffers> arriving(lent_memory, other, one);
    sel::Producer<uint32_t, buffers> leaving(returned_memory, other, one);
    sel::BufferLender<buffers> lender(lent, returned, memory);
    sel::BufferBorrower<buffers> borrower(arriving, leaving, memory);
    note<"channel.large">("64 KiB: a buffer taken, lent, seen, given back");
    return measure<"channel.large">([&](uint64_t) -> sel::Result<void> {
        SEL_TRY(number, lender.take());
        SEL_TRY_VOID(lender.lend(number, large));
        SEL_TRY(borrowed, borrower.take_waiting());
        return borrower.give_back(borrowed);
    });
}

}  // namespace

sel::Result<void> measure_channels(test::Stage& stage) {
    const auto one = stage.make<sel::Notification>();
    const auto other = stage.make<sel::Notification>();
    SEL_TRY_VOID(measure_small(one, other));
    return measure_large(one, other);
}

}  // namespace bench
