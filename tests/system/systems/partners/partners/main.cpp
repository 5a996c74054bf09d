// SPDX-License-Identifier: BSD-2-Clause
// All parts, each on a stage of its own.

#include "parts.hpp"

int main() {
    test::begin();
    for (void (*part)(test::Stage&) :
         {partners::check_forms, partners::check_order, partners::check_refusals, partners::check_cancelled,
          partners::check_stopped, partners::check_signals, partners::check_passive, partners::check_unfinished,
          partners::check_long_messages}) {
        test::Stage stage;
        part(stage);
    }
    return test::finish();
}
