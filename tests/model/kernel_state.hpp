// SPDX-License-Identifier: BSD-2-Clause
// The abstraction function: the whole state of a kernel as facts, and as a model to begin with.
#pragma once

#include "facts.hpp"
#include "scheduling/core.hpp"

namespace selene::model {

/// What the kernel has that the model speaks of.
Facts facts_of(Kernel& kernel);

/// Fill an empty model with it.
void copy(Kernel& kernel, System& system);

}  // namespace selene::model
