// SPDX-License-Identifier: BSD-2-Clause
// Sends samples through a channel.
//
// From its specification:
//     channel    memory that both map
//     room       notification (R): there is room again
//     samples    notification (W): there are samples

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "stream_protocol.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto shared = sel::or_abort(environment.memory("channel"), "finding the channel");
    const auto room = sel::or_abort(environment.notification("room"), "finding the notification");
    const auto samples = sel::or_abort(environment.notification("samples"), "finding the notification");
    auto* const memory = sel::or_abort(stream::Memory::at(shared.bytes), "finding the channel's memory");

    sel::Producer<stream::Sample, stream::slots> channel(*memory, room, samples);
    for (uint64_t number = 0; number < 1000; ++number) {
        sel::or_abort(channel.put_waiting({number, number * number}), "sending");
        if (number % 10 == 9) sel::or_abort(channel.flush(), "sending");
    }
}
