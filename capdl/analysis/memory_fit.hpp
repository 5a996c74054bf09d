// SPDX-License-Identifier: BSD-2-Clause
// Whether a system fits into a machine's memory.
#pragma once

#include <cstdint>
#include <span>

#include "compile/plan.hpp"
#include "machine/machine.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Bytes that the untypeds take that the machine's memory is cut into, what is lost to alignment included.
[[nodiscard]] uint64_t memory_needed(const Plan& plan);

/// Reports by how much a system is too large for a machine, and which parts and which types of objects take its memory.
/// As the loader does it, each untyped goes whole into the first stretch of `memory` that has room. `image` bytes of it
/// are taken by the system's image; the little that kernel and loader need besides is not counted.
void check_memory_fit(const Model& model, const Plan& plan, std::span<const MemoryRange> memory, uint64_t image,
                      Diagnostics& diagnostics);

}  // namespace capdl
