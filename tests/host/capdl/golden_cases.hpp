// SPDX-License-Identifier: BSD-2-Clause
// Files of many small cases, each beside a golden file that says what must come of them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace capdl::test {

struct Case {
    std::string name;
    std::string text;
};

/// The cases of a file: "=== name" begins one, the lines up to the next one are its text.
[[nodiscard]] std::vector<Case> cases_of(const std::filesystem::path& path);

/// Checks for each case of NAME.txt that `outcome` of its text is what NAME.golden says. With SELENE_UPDATE_GOLDENS set
/// the golden file is written instead, for a person to read the difference.
void check_cases(const std::filesystem::path& folder, const std::string& name,
                 const std::function<std::string(const std::string& text)>& outcome);

/// A file's bytes.
[[nodiscard]] std::string read(const std::filesystem::path& path);

}  // namespace capdl::test
