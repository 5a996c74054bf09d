// SPDX-License-Identifier: BSD-2-Clause
// What the compiler says of mistakes: each case of mistakes/*.txt against mistakes/*.golden.
#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "golden_cases.hpp"
#include "spec_run.hpp"

namespace {

using capdl::test::Until;

const std::filesystem::path folder = CAPDL_MISTAKES;

// Messages name files as seen from the folder of the mistakes, wherever that lies.
std::string seen_from_folder(std::string messages) {
    const std::string prefix = folder.string() + '/';
    for (size_t at = messages.find(prefix); at != std::string::npos; at = messages.find(prefix, at)) {
        messages.erase(at, prefix.size());
    }
    return messages;
}

void check_mistakes(const std::string& name, Until until) {
    const std::optional<std::filesystem::path> components =
        until == Until::build ? std::optional(folder) : std::nullopt;
    capdl::test::check_cases(folder, name, [&](const std::string& text) {
        return seen_from_folder(capdl::test::run_spec(text, until, components).messages);
    });
}

}  // namespace

TEST_CASE("lexical mistakes") { check_mistakes("lexical", Until::check); }
TEST_CASE("mistakes of syntax") { check_mistakes("syntax", Until::check); }
TEST_CASE("mistakes of structure") { check_mistakes("structure", Until::check); }
TEST_CASE("mistakes in components") { check_mistakes("components", Until::check); }
TEST_CASE("what cannot be built") { check_mistakes("building", Until::build); }
TEST_CASE("what a machine does not have") {
    capdl::test::check_cases(folder, "machine", [](const std::string& text) {
        const capdl::test::SpecRun run = capdl::test::run_spec(text, Until::machine);
        CHECK(run.accepted == (run.messages.find("error: ") == std::string::npos));
        return run.accepted ? "accepted\n" + run.messages : run.messages;
    });
}
TEST_CASE("mistakes in groups") { check_mistakes("groups", Until::check); }
TEST_CASE("rules that do not hold") { check_mistakes("policies", Until::check); }

TEST_CASE("mistakes of every phase in one run") { check_mistakes("phases", Until::build); }

// Names, texts and numbers apart, so many different things are said in the golden files.
TEST_CASE("at least 120 distinct mistakes are known") {
    const std::regex message("^(?:[^ ]+:[0-9]+:[0-9]+: )?(?:error|warning): (.*)$");
    const std::regex particular("`[^`]*`|\"[^\"]*\"|0x[0-9a-f]+|[0-9]+");
    std::set<std::string> kinds;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".golden") {
            continue;
        }
        std::istringstream lines(capdl::test::read(entry.path()));
        for (std::string line; std::getline(lines, line);) {
            std::smatch found;
            if (std::regex_match(line, found, message)) {
                kinds.insert(std::regex_replace(found[1].str(), particular, "X"));
            }
        }
    }
    CHECK(kinds.size() >= 120);
}
