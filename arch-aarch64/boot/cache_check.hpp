// SPDX-License-Identifier: BSD-2-Clause
// Whether the core's caches are what the kernel is compiled for.
#pragma once

#include <expected>

#include "boot/tree_walk.hpp"
#include "cache_geometry.hpp"

namespace selene::boot {

/// By the values of CacheType and ZeroingBlock.
inline std::expected<void, Refusal> check_caches(uint64_t cache_type, uint64_t zeroing_block) {
    if (CacheType::line_bytes(cache_type) < cache_line)
        return std::unexpected(Refusal{"the data cache has too short lines", CacheType::line_bytes(cache_type)});
    if (ZeroingBlock::Prohibited::of(zeroing_block) != 0)
        return std::unexpected(Refusal{"this processor may not zero memory by blocks", zeroing_block});
    if (ZeroingBlock::block_bytes(zeroing_block) != cache_line)
        return std::unexpected(
            Refusal{"this processor zeroes memory by other blocks", ZeroingBlock::block_bytes(zeroing_block)});
    return {};
}

}  // namespace selene::boot
