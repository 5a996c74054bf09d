// SPDX-License-Identifier: BSD-2-Clause
// The systems of the repository, with the components that were built for them.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "golden_cases.hpp"
#include "image/image_writer.hpp"
#include "spec_run.hpp"

namespace {

using capdl::test::run_spec;
using capdl::test::Until;

// Every spec of the repository that is no template.
std::vector<std::filesystem::path> specs() {
    std::vector<std::filesystem::path> found;
    for (const char* folder : {"userland/systems", "tests/system/systems"}) {
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(std::filesystem::path(CAPDL_REPOSITORY) / folder)) {
            if (entry.path().extension() == ".cdl") {
                found.push_back(entry.path());
            }
        }
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace

TEST_CASE("the systems of the repository build") {
    const std::vector<std::filesystem::path> all = specs();
    CHECK(all.size() >= 2);
    for (const std::filesystem::path& spec : all) {
        INFO(spec);
        const capdl::test::SpecRun run = run_spec(capdl::test::read(spec), Until::build, CAPDL_COMPONENTS);
        CHECK(run.messages == "");
        CHECK(run.accepted);
        const std::string image = system_image(run.plan);

        // Twice the same is the same, and so is what it expands to, to the byte.
        CHECK(system_image(run_spec(capdl::test::read(spec), Until::build, CAPDL_COMPONENTS).plan) == image);
        const capdl::test::SpecRun again = run_spec(run.expanded, Until::build, CAPDL_COMPONENTS);
        CHECK(again.messages == "");
        CHECK(again.expanded == run.expanded);
        CHECK(system_image(again.plan) == image);
    }
}
