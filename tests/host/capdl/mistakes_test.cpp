// SPDX-License-Identifier: BSD-2-Clause
// What the compiler says of mistakes: each case of mistakes/*.txt against mistakes/*.golden.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "spec_run.hpp"

namespace {

using capdl::test::Until;

std::string read(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
}

struct Case {
    std::string name;
    std::string text;
};

// "=== name" begins a case, the lines up to the next one are its text.
std::vector<Case> cases_of(const std::string& content) {
    std::vector<Case> cases;
    std::istringstream lines(content);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("=== ")) {
            cases.push_back({line.substr(4), {}});
        } else if (!cases.empty()) {
            cases.back().text += line + '\n';
        }
    }
    return cases;
}

// Messages name files as seen from the folder of the mistakes, wherever that lies.
std::string seen_from(const std::filesystem::path& folder, std::string messages) {
    const std::string prefix = folder.string() + '/';
    for (size_t at = messages.find(prefix); at != std::string::npos; at = messages.find(prefix, at)) {
        messages.erase(at, prefix.size());
    }
    return messages;
}

// With SELENE_UPDATE_GOLDENS set the expectations are written instead of compared, for a person to read the difference.
void check_folder(const std::string& name, Until until) {
    const std::filesystem::path folder = CAPDL_MISTAKES;
    const std::filesystem::path expected_path = folder / (name + ".golden");
    std::map<std::string, std::string> expected;
    for (Case& expectation : cases_of(read(expected_path))) {
        expected[expectation.name] = expectation.text;
    }
    std::string found;
    for (const Case& mistake : cases_of(read(folder / (name + ".txt")))) {
        const capdl::test::SpecRun run =
            capdl::test::run_spec(mistake.text, until, until == Until::build ? std::optional(folder) : std::nullopt);
        const std::string messages = seen_from(folder, run.messages);
        found += "=== " + mistake.name + '\n' + messages;
        if (std::getenv("SELENE_UPDATE_GOLDENS") == nullptr) {
            INFO(mistake.name);
            CHECK(messages == expected[mistake.name]);
            CHECK(!messages.empty());
        }
    }
    if (std::getenv("SELENE_UPDATE_GOLDENS") != nullptr) {
        std::ofstream(expected_path, std::ios::binary) << found;
    }
}

TEST_CASE("lexical mistakes") { check_folder("lexical", Until::check); }
TEST_CASE("mistakes of syntax") { check_folder("syntax", Until::check); }
TEST_CASE("mistakes of structure") { check_folder("structure", Until::check); }
TEST_CASE("mistakes in components") { check_folder("components", Until::check); }
TEST_CASE("what cannot be built") { check_folder("building", Until::build); }

}  // namespace
