// SPDX-License-Identifier: BSD-2-Clause
// Sends samples through a channel.
//
// From its specification:
//     channel    memory that both map
//     room       notification (R): there is room again
//     samples    notification (W): there are samples

#include "stream_protocol.hpp"

int main() {
    const stream::Ends ends = stream::ends();
    sel::Producer<stream::Sample, stream::slots> channel(ends.memory, ends.room, ends.samples);
    for (uint64_t number = 0; number < 1000; ++number) {
        sel::or_abort(channel.put_waiting({number, number * number}), "sending");
        if (number % 10 == 9) sel::or_abort(channel.flush(), "sending");
    }
}
