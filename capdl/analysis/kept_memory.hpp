// SPDX-License-Identifier: BSD-2-Clause
// What kernel and loader keep of a machine's memory, by the files that they come from.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "compile/plan.hpp"

namespace capdl {

/// Bytes. What depends on where the boot stage puts things is counted at its most; that is some tens of KiB.
struct KeptMemory {
    uint64_t kernel = 0;  ///< its image, areas for its cores, page tables, the copy of the device tree
    uint64_t loader = 0;  ///< its own image, its table, its space and what is mapped there besides the system image
};

/// `kernel`: the kernel part, for its larger kernel of two; `loader`: an ELF file; `tree`: a device
/// tree that Machine has read, or nothing; `image`: bytes of the system image. Or what is wrong with one of the files.
[[nodiscard]] std::expected<KeptMemory, std::string> kept_memory(std::string_view kernel, std::string_view loader,
                                                                 const Plan& plan, uint64_t image,
                                                                 std::string_view tree, uint64_t memory_ranges,
                                                                 uint64_t cores);

}  // namespace capdl
