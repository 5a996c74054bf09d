// SPDX-License-Identifier: BSD-2-Clause
// Bytes as what two ends of a channel do, and what a hostile partner writes into their memory meanwhile.
#include <catch2/catch_test_macros.hpp>

#include <deque>
#include <memory>
#include <stdexcept>

#include <sel/channel_set.hpp>
#include <sel/shared_channel.hpp>

#include "bytes.hpp"
#include "inputs.hpp"

namespace sel {

/// Whoever would wait is told that the partner is gone; signals are heard by nobody.
Registers simulated_system_call(abi::SystemCall number, const Registers&) {
    if (number == abi::SystemCall::signal) return {};
    return {.x0 = static_cast<uint64_t>(abi::ErrorCode::cancelled),
            .tag = abi::Tag().with_error(),
            .words = {},
            .reply = 0};
}

}  // namespace sel

namespace selene::fuzz {

namespace {

constexpr uint32_t slots = 8;
using Memory = sel::ChannelMemory<uint64_t, slots>;

void require(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

/// The memory is alone in its block, so the address sanitizer sees each step beyond it. Until the first hostile write
/// messages come out as they were put in; after it both ends go on, within their limits.
Played play_pair(Bytes bytes) {
    const auto memory = std::make_unique<Memory>();
    const sel::Notification bell(sel::CapIndex(1));
    sel::Producer<uint64_t, slots> producer(*memory, bell, bell);
    sel::Consumer<uint64_t, slots> consumer(*memory, bell, bell);
    std::deque<uint64_t> expected;
    bool is_honest = true;
    uint64_t next = 0;
    Played played{0, 0};
    while (bytes.more()) {
        ++played.entries;
        switch (bytes.below(8)) {
        case 0:
        case 1:
            if (producer.put(next)) {
                expected.push_back(next++);
                ++played.obeyed;
            }
            break;
        case 2: (void)producer.flush(); break;
        case 3:
        case 4:
            if (const auto taken = bytes.below(2) == 0 ? consumer.take() : consumer.take_waiting()) {
                ++played.obeyed;
                if (is_honest) {
                    require(!expected.empty() && *taken == expected.front(), "not the message that was put in");
                    expected.pop_front();
                }
            }
            break;
        case 5: (void)consumer.flush(); break;
        case 6:
            if (producer.put_waiting(next)) expected.push_back(next++);
            break;
        case 7:
            is_honest = false;
            switch (bytes.below(3)) {
            case 0: memory->head.store(bytes.likely_word()); break;
            case 1: memory->tail.store(bytes.likely_word()); break;
            default: memory->messages[bytes.below(slots)] = bytes.word(); break;
            }
            break;
        }
        require(producer.room() <= slots, "more room than there is");
        require(consumer.available() <= slots, "more messages than there is room for");
        if (is_honest) require(expected.size() <= slots, "more messages than there is room for");
    }
    return played;
}

/// Two producers and a consumer of a shared queue. Whoever writes whatever there: each of the three goes on.
Played play_shared(Bytes bytes) {
    using Shared = sel::SharedChannelMemory<uint64_t, slots>;
    const auto memory = std::make_unique<Shared>();
    const sel::Notification bell(sel::CapIndex(1));
    std::array<sel::SharedProducer<uint64_t, slots>, 2> producers{{{*memory, bell, bell}, {*memory, bell, bell}}};
    sel::SharedConsumer<uint64_t, slots> consumer(*memory, bell, bell);
    std::deque<uint64_t> expected;
    bool is_honest = true;
    uint64_t next = 0;
    Played played{0, 0};
    while (bytes.more()) {
        ++played.entries;
        auto& producer = producers[bytes.below(2)];
        switch (bytes.below(6)) {
        case 0:
        case 1:
            if (bytes.below(4) == 0 ? producer.put_waiting(next) : producer.put(next)) {
                expected.push_back(next++);
                ++played.obeyed;
            }
            break;
        case 2: (void)producer.flush(); break;
        case 3:
        case 4:
            if (const auto taken = bytes.below(2) == 0 ? consumer.take() : consumer.take_waiting()) {
                ++played.obeyed;
                if (!is_honest) break;
                require(!expected.empty() && *taken == expected.front(), "not the message that was put in");
                expected.pop_front();
            } else if (is_honest) {
                require(expected.empty(), "a message that was put in is not there");
            }
            break;
        case 5:
            is_honest = false;
            switch (bytes.below(4)) {
            case 0: memory->head.store(bytes.likely_word()); break;
            case 1: memory->tail.store(bytes.likely_word()); break;
            case 2: memory->waiting.store(static_cast<uint32_t>(bytes.word())); break;
            default:
                memory->cells[bytes.below(slots)].filled.store(bytes.likely_word());
                memory->cells[bytes.below(slots)].message = bytes.word();
                break;
            }
            break;
        }
        if (is_honest) require(expected.size() <= slots, "more messages than there is room for");
    }
    return played;
}

}  // namespace

Played play_channels(Input input) {
    Bytes bytes(input);
    return bytes.below(4) == 0 ? play_shared(bytes) : play_pair(bytes);
}

}  // namespace selene::fuzz
