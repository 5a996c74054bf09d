// SPDX-License-Identifier: BSD-2-Clause
// Placing and initialising objects in untyped memory: what retype and the boot share.
#pragma once

#include "abi/object_sizes.hpp"
#include "object/untyped.hpp"

namespace selene::new_object {

/// The offset in an untyped of the first object with this alignment above `watermark`: objects are aligned in physical
/// memory.
[[nodiscard]] inline uint64_t first_place(const Untyped& untyped, uint64_t watermark, uint64_t alignment) {
    const uint64_t base = untyped.base().value();
    return align_up(base + watermark, alignment) - base;
}

/// The capability, with all rights that its type knows, to an object at an offset of an untyped.
[[nodiscard]] Capability first_capability(const Untyped& untyped, uint64_t offset, abi::ObjectType type, uint64_t size);
/// What word 0 of the capability to an object that lies `bytes` further on has more.
[[nodiscard]] uint64_t capability_step(abi::ObjectType type, uint64_t bytes);

/// Whether an object begins as zeroes.
[[nodiscard]] bool starts_blank(abi::ObjectType type);
/// Make the object that a capability is to of zeroed memory; `size` is the size argument of retype. Nothing if it begins
/// as zeroes.
void initialise(Capability origin, uint64_t size) SELENE_REQUIRES(tree_lock, own_core);

}  // namespace selene::new_object
