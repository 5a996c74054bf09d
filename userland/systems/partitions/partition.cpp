// SPDX-License-Identifier: BSD-2-Clause
// A partition: works on memory of its own, then rings. It can reach nothing else.
//
// From its specification:
//     work   memory, mapped read and write
//     done   notification (W)

#include <cstddef>
#include <cstdint>

#include <sel/environment.hpp>
#include <sel/error.hpp>

int main() {
    const auto& environment = sel::environment();
    const auto work = sel::or_abort(environment.memory("work"), "finding the memory");
    const auto done = sel::or_abort(environment.notification("done"), "finding the notification");

    uint8_t sum = 0;
    for (std::byte& byte : work.bytes) {
        byte = static_cast<std::byte>(++sum);
    }
    sel::or_abort(done.signal(), "ringing");
    sel::or_abort(done.signal(), "ringing");  // twice is as good as once
    for (;;) {}
}
