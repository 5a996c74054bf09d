// SPDX-License-Identifier: BSD-2-Clause
// Files of many small cases, each beside a golden file that says what must come of them.
#include "golden_cases.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace capdl::test {

std::string read(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    INFO(path);
    REQUIRE(stream);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
}

std::vector<Case> cases_of(const std::filesystem::path& path) {
    std::vector<Case> cases;
    std::istringstream lines(read(path));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("=== ")) {
            cases.push_back({line.substr(4), {}});
        } else if (!cases.empty()) {
            cases.back().text += line + '\n';
        }
    }
    return cases;
}

void check_cases(const std::filesystem::path& folder, const std::string& name,
                 const std::function<std::string(const std::string& text)>& outcome) {
    const std::filesystem::path golden = folder / (name + ".golden");
    const bool updates = std::getenv("SELENE_UPDATE_GOLDENS") != nullptr;
    std::map<std::string, std::string> expected;
    if (!updates) {
        for (Case& expectation : cases_of(golden)) {
            expected[expectation.name] = std::move(expectation.text);
        }
    }
    std::string found;
    for (const Case& given : cases_of(folder / (name + ".txt"))) {
        const std::string text = outcome(given.text);
        found += "=== " + given.name + '\n' + text;
        INFO(given.name);
        CHECK((updates || text == expected[given.name]));
        CHECK(!text.empty());
    }
    if (updates) {
        std::ofstream(golden, std::ios::binary) << found;
    }
}

}  // namespace capdl::test
