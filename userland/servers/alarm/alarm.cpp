// SPDX-License-Identifier: BSD-2-Clause
// An alarm: sleeps until a time that its user sets, and signals. Its priority is below its user's and above all that
// must not keep it from ringing.
//
// From its specification:
//     page   memory shared with the user (alarm.hpp)
//     set    notification (R): the user has set a time
//     ring   notification (W): it has come

#include "alarm.hpp"

#include <sel/environment.hpp>
#include <sel/error.hpp>

int main() {
    const auto& environment = sel::environment();
    const auto memory = sel::or_abort(environment.memory("page"), "finding the page");
    const auto set = sel::or_abort(environment.notification("set"), "finding the notification to wait at");
    const auto ring = sel::or_abort(environment.notification("ring"), "finding the notification to signal");
    const auto& page = *reinterpret_cast<alarm_clock::Page*>(memory.bytes.data());
    for (;;) {
        sel::or_abort(set.wait(), "waiting");
        alarm_clock::sleep(page);
        sel::or_abort(ring.signal(), "ringing");
    }
}
