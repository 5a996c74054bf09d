// SPDX-License-Identifier: BSD-2-Clause
// The variant without floating-point registers has nothing more to check here.

#include "checks.hpp"

namespace runtime_test {

void check_floating_point() {}

}  // namespace runtime_test
