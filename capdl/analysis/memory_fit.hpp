// SPDX-License-Identifier: BSD-2-Clause
// Whether a system fits into a machine's memory.
#pragma once

#include <cstdint>

#include "compile/plan.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Bytes that the untypeds take that the machine's memory is cut into, what is lost to alignment included.
[[nodiscard]] uint64_t memory_needed(const Plan& plan);

/// Reports by how much a system is too large for a machine with so many bytes of memory, and which parts and which types
/// of objects take them. What kernel, loader and image take is the machine's affair and is not counted.
void check_memory_fit(const Model& model, const Plan& plan, uint64_t memory, Diagnostics& diagnostics);

}  // namespace capdl
