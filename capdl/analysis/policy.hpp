// SPDX-License-Identifier: BSD-2-Clause
// Holds a system to the rules that its spec states.
#pragma once

#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Reports names in rules that nobody has.
void check_policy_names(const Model& model, Diagnostics& diagnostics);

/// Reports each rule that does not hold, with a way by which it is broken. Only for a model whose slots hold what belongs
/// there; does nothing in a spec without rules.
void check_policies(const Model& model, Diagnostics& diagnostics);

}  // namespace capdl
