// SPDX-License-Identifier: BSD-2-Clause
// Playing the inputs that the repository keeps.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "inputs.hpp"

namespace selene::fuzz {

inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// All inputs of a target, once each.
inline Played replay(const char* name, Played (*play)(Input)) {
    Played all;
    const auto files = files_in(std::filesystem::path(SELENE_FUZZ_CORPUS) / name);
    REQUIRE(files.size() >= 10);
    for (const auto& file : files) {
        INFO(file.string());
        std::ifstream stream(file, std::ios::binary);
        const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), {}};
        const Played played = play(bytes);
        all.entries += played.entries;
        all.obeyed += played.obeyed;
    }
    return all;
}

}  // namespace selene::fuzz
