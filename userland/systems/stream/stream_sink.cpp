// SPDX-License-Identifier: BSD-2-Clause
// Takes samples from a channel and adds them up.
//
// From its specification:
//     channel    memory that both map
//     samples    notification (R): there are samples
//     room       notification (W): there is room again

#include "stream_protocol.hpp"

int main() {
    const stream::Ends ends = stream::ends();
    sel::Consumer<stream::Sample, stream::slots> channel(ends.memory, ends.samples, ends.room);
    uint64_t sum = 0;
    for (uint64_t count = 0; count < 1000; ++count) {
        sum += sel::or_abort(channel.take_waiting(), "receiving").value;
    }
    sel::println("the sum of 1000 samples is {}", sum);
}
