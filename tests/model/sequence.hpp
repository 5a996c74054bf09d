// SPDX-License-Identifier: BSD-2-Clause
// Sequences of operations: carried out from the beginning, and made shorter.
#pragma once

#include "lock_step.hpp"

namespace selene::model {

/// Run operations from the beginning; what differs after which, if anything.
std::optional<std::string> run(const std::vector<Operation>& operations, const Setting& setting);

/// The shortest sequence found by leaving operations out that still fails.
std::vector<Operation> shrink(std::vector<Operation> operations, const Setting& setting);

}  // namespace selene::model
