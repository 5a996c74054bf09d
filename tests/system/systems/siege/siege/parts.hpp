// SPDX-License-Identifier: BSD-2-Clause
// The parts of the siege.
#pragma once

#include <checks.hpp>
#include <stage.hpp>

namespace siege {

void check_registers(test::Stage& stage);
void check_passive_server(test::Stage& stage);
void check_new_thread(test::Stage& stage);
void check_rounds(test::Stage& stage);
void check_inversion(test::Stage& stage);
void check_clients(test::Stage& stage);
void check_leaving(test::Stage& stage);
void check_silence(test::Stage& stage);
void check_storm(test::Stage& stage);

}  // namespace siege
