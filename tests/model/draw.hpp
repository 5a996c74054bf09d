// SPDX-License-Identifier: BSD-2-Clause
// Drawing operations that are likely to meet trouble: nearly full tables, self-reference, ancestors, wrong arguments.
#pragma once

#include <random>

#include "lock_step.hpp"

namespace selene::model {

Operation random_operation(std::mt19937_64& random, LockStep& both);

}  // namespace selene::model
