// SPDX-License-Identifier: BSD-2-Clause
// What flows from the source to the sink.
#pragma once

#include <sel/channel.hpp>
#include <sel/environment.hpp>
#include <sel/error.hpp>

namespace stream {

struct Sample {
    uint64_t number;
    uint64_t value;
};

inline constexpr uint32_t slots = 32;
using Memory = sel::ChannelMemory<Sample, slots>;

/// What both have from their specification: the channel's memory, and a notification for each direction.
struct Ends {
    Memory& memory;
    sel::Notification samples;  ///< there are samples
    sel::Notification room;     ///< there is room again
};

inline Ends ends() {
    const auto& given = sel::environment();
    const auto shared = sel::or_abort(given.memory("channel"), "finding the channel");
    return {*sel::or_abort(Memory::at(shared.bytes), "finding the channel's memory"),
            sel::or_abort(given.notification("samples"), "finding the notification"),
            sel::or_abort(given.notification("room"), "finding the notification")};
}

}  // namespace stream
