// SPDX-License-Identifier: BSD-2-Clause
// What each construct of the language means: its expansion, which expands to itself.
#include <catch2/catch_test_macros.hpp>

#include "golden_cases.hpp"
#include "spec_run.hpp"

namespace {

using capdl::test::run_spec;

const std::filesystem::path folder = CAPDL_CONSTRUCTS;

}  // namespace

TEST_CASE("constructs of the language") {
    capdl::test::check_cases(folder, "language", [](const std::string& text) {
        const capdl::test::SpecRun run = run_spec(text);
        return run.messages + run.expanded;
    });
}

TEST_CASE("an expansion expands to itself") {
    for (const capdl::test::Case& construct : capdl::test::cases_of(folder / "language.txt")) {
        INFO(construct.name);
        const capdl::test::SpecRun run = run_spec(construct.text);
        REQUIRE(run.accepted);
        const capdl::test::SpecRun again = run_spec(run.expanded);
        INFO(again.messages);
        CHECK(again.expanded == run.expanded);
    }
}
