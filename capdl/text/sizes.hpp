// SPDX-License-Identifier: BSD-2-Clause
// Sizes in bytes as people and specs write them.
#pragma once

#include <cstdint>
#include <string>

namespace capdl {

/// "4 KiB", "2 MiB", "100 bytes": for messages.
[[nodiscard]] std::string size_text(uint64_t bytes);
/// "4k", "2M", "1024M": for specs; a multiple of 1 KiB.
[[nodiscard]] std::string size_word(uint64_t bytes);

}  // namespace capdl
