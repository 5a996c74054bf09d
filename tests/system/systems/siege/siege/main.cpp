// SPDX-License-Identifier: BSD-2-Clause
// All parts, each on a stage of its own.

#include <sel/print.hpp>

#include "parts.hpp"

int main() {
    test::begin();
    struct Part {
        const char* name;
        void (*check)(test::Stage&);
    };
    for (const auto& [name, check] : {Part{"registers", siege::check_registers},
                                      {"a passive server", siege::check_passive_server},
                                      {"a new thread", siege::check_new_thread},
                                      {"rounds", siege::check_rounds},
                                      {"inversion", siege::check_inversion},
                                      {"clients", siege::check_clients},
                                      {"leaving", siege::check_leaving},
                                      {"silence", siege::check_silence},
                                      {"storm", siege::check_storm}}) {
        sel::print("{}\n", name);
        test::Stage stage;
        check(stage);
    }
    return test::finish();
}
