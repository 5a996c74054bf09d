// SPDX-License-Identifier: BSD-2-Clause
// Placing and initialising objects in untyped memory: what retype and the boot share.
#pragma once

#include "abi/object_sizes.hpp"
#include "object/untyped.hpp"

namespace selene::new_object {

/// The offset in an untyped of the first object of this type and size that fits above `watermark`: objects are aligned
/// in physical memory.
[[nodiscard]] inline uint64_t first_place(const Untyped& untyped, uint64_t watermark, abi::ObjectType type,
                                          uint64_t size) {
    const uint64_t base = untyped.base().value();
    return align_up(base + watermark, abi::object_alignment(type, size)) - base;
}

/// Initialise an object in zeroed memory at an offset of an untyped; the capability to it with all rights that its type
/// knows.
[[nodiscard]] Capability make_object(const Untyped& untyped, uint64_t offset, abi::ObjectType type, uint64_t size)
    SELENE_REQUIRES(tree_lock, own_core);

/// Whether an object begins as zeroes and make_object writes nothing to it.
[[nodiscard]] bool starts_blank(abi::ObjectType type);

/// The capability to an object of the same type and size that lies `bytes` further on.
[[nodiscard]] Capability moved_on(Capability capability, uint64_t bytes);

}  // namespace selene::new_object
