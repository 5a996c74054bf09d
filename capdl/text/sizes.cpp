// SPDX-License-Identifier: BSD-2-Clause
// Sizes in bytes as people and specs write them.
#include "text/sizes.hpp"

#include <fmt/format.h>

namespace capdl {

std::string size_text(uint64_t bytes) {
    constexpr uint64_t kibi = 1024;
    if (bytes == 0 || bytes % kibi != 0) {
        return fmt::format("{} bytes", bytes);
    }
    if (bytes % (kibi * kibi) != 0) {
        return fmt::format("{} KiB", bytes / kibi);
    }
    if (bytes % (kibi * kibi * kibi) != 0) {
        return fmt::format("{} MiB", bytes / (kibi * kibi));
    }
    return fmt::format("{} GiB", bytes / (kibi * kibi * kibi));
}

std::string size_word(uint64_t bytes) {
    constexpr uint64_t mebi = 1024 * 1024;
    return bytes % mebi == 0 ? fmt::format("{}M", bytes / mebi) : fmt::format("{}k", bytes / 1024);
}

}  // namespace capdl
