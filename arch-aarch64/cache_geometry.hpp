// SPDX-License-Identifier: BSD-2-Clause
// Sizes of what caches and `dc zva` work on: what the kernel relies on, and the registers that tell.
#pragma once

#include "base/field.hpp"
#include "system_register.hpp"

namespace selene {

/// Bytes that one `dc zva` zeroes, and that cache maintenance goes by: no cache has smaller lines. The boot stage checks
/// both (boot/cache_check.hpp).
inline constexpr uint64_t cache_line = 64;

/// Arm Architecture Reference Manual, "CTR_EL0, Cache Type Register": the line in words, as a power of two.
SELENE_SYSTEM_REGISTER(CacheType, "ctr_el0") {
    using SmallestDataLine = Field<19, 16>;
    static uint64_t line_bytes(uint64_t value) { return sizeof(uint32_t) << SmallestDataLine::of(value); }
};

/// Arm Architecture Reference Manual, "DCZID_EL0, Data Cache Zero ID Register": the block in words, as a power of two.
SELENE_SYSTEM_REGISTER(ZeroingBlock, "dczid_el0") {
    using Size = Field<3, 0>;
    using Prohibited = Field<4, 4>;
    static uint64_t block_bytes(uint64_t value) { return sizeof(uint32_t) << Size::of(value); }
};

}  // namespace selene
