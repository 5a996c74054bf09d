// SPDX-License-Identifier: BSD-2-Clause
// Holds a system to the rules that its spec states.
#pragma once

#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Reports each rule that does not hold, with a way by which it is broken, and names that nobody has. Does nothing in
/// a spec without rules.
void check_policies(const Model& model, Diagnostics& diagnostics);

}  // namespace capdl
