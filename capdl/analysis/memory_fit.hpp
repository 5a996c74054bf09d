// SPDX-License-Identifier: BSD-2-Clause
// Whether a system fits into a machine's memory.
#pragma once

#include <cstdint>
#include <span>

#include "analysis/kept_memory.hpp"
#include "compile/plan.hpp"
#include "machine/machine.hpp"
#include "model/model.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Bytes that the untypeds take that the machine's memory is cut into, what is lost to alignment included.
[[nodiscard]] uint64_t memory_needed(const Plan& plan);

/// What is taken of a machine's memory before the system is made; what is not known is 0.
struct TakenMemory {
    uint64_t image = 0;  ///< bytes of the system's image
    KeptMemory kept = {};

    [[nodiscard]] uint64_t bytes() const { return image + kept.kernel + kept.loader; }
};

/// Reports by how much a system is too large for a machine, and what takes its memory: each part, each type of objects,
/// kernel, loader, and what is lost to alignment. As the loader does it, each untyped goes whole into the first stretch
/// of `memory` that has room.
void check_memory_fit(const Model& model, const Plan& plan, std::span<const MemoryRange> memory,
                      const TakenMemory& taken, Diagnostics& diagnostics);

}  // namespace capdl
