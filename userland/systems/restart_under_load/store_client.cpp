// SPDX-License-Identifier: BSD-2-Clause
// Adds to its key in the store, as fast as it can, until it is told to finish; makes again what was interrupted; and sees
// that each request was done once.
//
// From its specification:
//     store      endpoint (WP): the store
//     finish     notification (R): when it is to finish
//     name, key  arguments: who it is, and which key is its own

#include <charconv>

#include <sel/environment.hpp>
#include <sel/error.hpp>
#include <sel/notification.hpp>

#include "../../apps/store/store_protocol.hpp"
#include "../../servers/restart/restart_protocol.hpp"

int main() {
    const auto& environment = sel::environment();
    const auto server = sel::or_abort(environment.endpoint("store"), "finding the store");
    const auto finish = sel::or_abort(environment.notification("finish"), "finding the notification");
    const auto name = sel::or_abort(environment.argument("name"), "finding the name");
    const auto text = sel::or_abort(environment.argument("key"), "finding the key");
    uint64_t key = 0;
    std::from_chars(text.data(), text.data() + text.size(), key);

    uint64_t acknowledged = 0;
    uint64_t repeated = 0;
    while (finish.poll() == 0) {
        const uint64_t number = acknowledged + 1;
        sel::Result<uint64_t> value = store::add(server, key, 1, number);
        for (; !value && value.error().is(restart::Notice::restarted); value = store::add(server, key, 1, number)) {
            ++repeated;
        }
        if (!value || *value != number) {
            sel::println("{}: request {} was lost or done twice", name, number);
            return 1;
        }
        ++acknowledged;
    }
    sel::Result<uint64_t> value = store::get(server, key);
    while (!value && value.error().is(restart::Notice::restarted)) value = store::get(server, key);
    if (sel::or_abort(value, "asking for the value") != acknowledged) {
        sel::println("{}: {} acknowledged, {} done", name, acknowledged, *value);
        return 1;
    }
    sel::println("{}: each of {} requests was done once, {} were interrupted and made again", name, acknowledged,
                 repeated);
    return 0;
}
