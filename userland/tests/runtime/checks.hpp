// SPDX-License-Identifier: BSD-2-Clause
// How the runtime test checks and counts, and the parts that it consists of.
#pragma once

#include <source_location>

namespace runtime_test {

/// Counts a check, and says where one has failed.
void check(bool holds, std::source_location place = std::source_location::current());

void check_start_up();
void check_containers();
void check_values();
void check_ownership();
void check_text();
void check_numbers();
void check_memory();
void check_floating_point();

}  // namespace runtime_test
