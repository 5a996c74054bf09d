// SPDX-License-Identifier: BSD-2-Clause
// What the kernel has to report of every slot once the loader has done what a Plan says.
#pragma once

#include <vector>

#include "compile/plan.hpp"

namespace capdl {

/// All slots of the finished system that are not empty, in the order of the kernel's derivation tree. It follows from the
/// order of the loader's work and from three rules of the kernel: a child goes right after its parent, it has no right
/// that its parent lacks, and it has its parent's badge or guard unless it is given one.
///
/// `plan` is complete but for its slots.
[[nodiscard]] std::vector<image::SlotRecord> expected_slots(const Plan& plan);

}  // namespace capdl
