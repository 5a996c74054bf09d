// SPDX-License-Identifier: BSD-2-Clause
// The parts of the client's test.
#pragma once

#include <checks.hpp>
#include <stage.hpp>

namespace ipc_test {

void check_words(sel::Endpoint server);
void check_badges_and_nesting();
void check_items(test::Stage& stage, sel::Endpoint server);
void check_refused_items(test::Stage& stage, sel::Endpoint server);
void check_received_items(test::Stage& stage, sel::Endpoint server);

}  // namespace ipc_test
