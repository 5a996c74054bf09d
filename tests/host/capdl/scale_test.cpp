// SPDX-License-Identifier: BSD-2-Clause
// Twice as large a system takes twice as many steps: basic blocks entered, the same number in each run.
#include <catch2/catch_test_macros.hpp>

#include "golden_cases.hpp"
#include "image/image_writer.hpp"
#include "sample_elf.hpp"
#include "spec_run.hpp"

namespace {

using capdl::test::run_spec;
using capdl::test::Until;

uint64_t steps = 0;

// Steps for each object. The program as it is shipped does about 600 in a microsecond: the goal, 100,000 objects in a second
// and a half, would be 9,000.
struct Most {
    Until until;
    uint64_t steps_each;
};
constexpr Most most[] = {{Until::check, 2200}, {Until::build, 2500}};

}  // namespace

// What clang calls at the beginning of each of the compiler's basic blocks: "SanitizerCoverage", in Clang's manual.
extern "C" void __sanitizer_cov_trace_pc_guard(uint32_t*) { ++steps; }

namespace {

uint64_t steps_for(const char* objects, Until until, const std::filesystem::path& folder) {
    std::string text = capdl::test::read(std::filesystem::path(CAPDL_LARGE_SPECS) / (std::string(objects) + ".cdl"));
    const uint64_t before = steps;
    const capdl::test::SpecRun run = run_spec(std::move(text), until, folder);
    INFO(run.messages);
    REQUIRE(run.accepted);
    return steps - before;
}

}  // namespace

TEST_CASE("checking and building take steps in proportion to the objects") {
    const capdl::test::SampleFolder folder;
    folder.add("program.bin", std::string(16 * 4096, '\0'));
    for (const auto& [until, steps_each] : most) {
        const uint64_t few = steps_for("1400", until, folder.path());
        const uint64_t more = steps_for("2800", until, folder.path());
        const uint64_t many = steps_for("5600", until, folder.path());
        INFO(few << ", " << more << ", " << many);
        CHECK(many < steps_each * 5600);
        CHECK(few > 100'000);
        CHECK(steps_for("1400", until, folder.path()) == few);
        // Sorting adds one step in a few to each doubling, no more.
        CHECK(many - more < 22 * (more - few) / 10);
    }
}
