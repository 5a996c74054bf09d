// SPDX-License-Identifier: BSD-2-Clause
// Takes samples from a channel and adds them up.
//
// From its specification:
//     channel    memory that both map
//     samples    notification (R): there are samples
//     room       notification (W): there is room again

#include <sel/environment.hpp>
#include <sel/error.hpp>

#include "stream_protocol.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto shared = sel::or_abort(environment.memory("channel"), "finding the channel");
    const auto samples = sel::or_abort(environment.notification("samples"), "finding the notification");
    const auto room = sel::or_abort(environment.notification("room"), "finding the notification");
    auto* const memory = sel::or_abort(stream::Memory::at(shared.bytes), "finding the channel's memory");

    sel::Consumer<stream::Sample, stream::slots> channel(*memory, samples, room);
    uint64_t sum = 0;
    for (uint64_t count = 0; count < 1000; ++count) {
        sum += sel::or_abort(channel.take_waiting(), "receiving").value;
    }
    sel::println("the sum of 1000 samples is {}", sum);
}
