// SPDX-License-Identifier: BSD-2-Clause
// How the hardware numbers cores.
#pragma once

#include "base/field.hpp"
#include "system_register.hpp"

namespace selene {

/// Arm Architecture Reference Manual, "MPIDR_EL1, Multiprocessor Affinity Register": the number of a core, in four
/// parts of which the uppermost is set apart. Device trees and GICv3's routes have it in this form.
SELENE_SYSTEM_REGISTER(CoreAffinity, "mpidr_el1") {
    using Upper = Field<39, 32>;
    using Lower = Field<23, 0>;
    using Part0 = Field<7, 0>;
    using Part1 = Field<15, 8>;
    using Part2 = Field<23, 16>;
    using Part3 = Upper;
    static constexpr uint64_t mask = Upper::mask | Lower::mask;

    static uint64_t own() { return read() & mask; }
    /// The four parts side by side, as GICv3's redistributors have them.
    static uint64_t packed(uint64_t affinity) { return Upper::of(affinity) << 24 | Lower::of(affinity); }
};

}  // namespace selene
