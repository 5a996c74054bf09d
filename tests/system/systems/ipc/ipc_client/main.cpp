// SPDX-License-Identifier: BSD-2-Clause
// Calls the server, which waits already, and the relay, which comes to receive only when the client waits.

#include "parts.hpp"

#include <sel/environment.hpp>

int main() {
    test::begin();
    test::Stage stage;
    for (const std::string_view name : {"one", "relay"}) {
        const auto server = sel::or_abort(sel::environment().endpoint(name), "finding a server");
        ipc_test::check_words(server);
        ipc_test::check_items(stage, server);
        ipc_test::check_refused_items(stage, server);
        ipc_test::check_received_items(stage, server);
    }
    ipc_test::check_badges_and_nesting();
    return test::finish();
}
