// SPDX-License-Identifier: BSD-2-Clause
// What flows from the source to the sink.
#pragma once

#include <sel/channel.hpp>

namespace stream {

struct Sample {
    uint64_t number;
    uint64_t value;
};

inline constexpr uint32_t slots = 32;
using Memory = sel::ChannelMemory<Sample, slots>;

}  // namespace stream
