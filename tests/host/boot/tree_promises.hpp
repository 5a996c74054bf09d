// SPDX-License-Identifier: BSD-2-Clause
// Reading a tree that may hold anything, and what has to be true of the result.
#pragma once

#include <cstddef>
#include <span>

namespace selene::boot {

/// Reads a tree from memory of exactly its size, so that the sanitizer sees every byte read beyond, and checks what
/// device_tree.hpp promises. A tree that is taken is surveyed and searched for devices, as the boot stage and the loader
/// do. Whether it was taken.
bool read_and_check(std::span<const std::byte> tree);

}  // namespace selene::boot
