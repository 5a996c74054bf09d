// SPDX-License-Identifier: BSD-2-Clause
// Specs as the standard tool prints them, and as generators for it write them: each checks, is printed so that it reads the same, and for aarch64 builds.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "golden_cases.hpp"
#include "image/image_writer.hpp"
#include "language/vocabulary.hpp"
#include "sample_elf.hpp"
#include "spec_run.hpp"

namespace {

using capdl::test::run_spec;
using capdl::test::Until;

std::vector<std::filesystem::path> specimens() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(CAPDL_SPECIMENS)) {
        found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

// Messages but for `no-effect`: what carries nothing here may stand in a spec for others.
std::string without_effectless(const std::string& messages) {
    return messages.find("error: ") == std::string::npos && messages.find("[no-effect]") != std::string::npos
               ? ""
               : messages;
}

}  // namespace

TEST_CASE("specimens of every architecture check, and read the same when printed") {
    CHECK(specimens().size() == 8);
    std::string all;
    for (const std::filesystem::path& path : specimens()) {
        INFO(path);
        const std::string text = capdl::test::read(path);
        const capdl::test::SpecRun run = run_spec(text, Until::check);
        CHECK(without_effectless(run.messages) == "");
        REQUIRE(run.accepted);
        CHECK(run_spec(run.expanded, Until::check).expanded == run.expanded);
        all += text;
    }
    for (const char* architecture : {"aarch64", "arm11", "ia32", "riscv", "x86_64"}) {
        CHECK(all.find(std::string("arch ") + architecture + "\n") != std::string::npos);
    }
    for (size_t type = 0; type < capdl::object_type_count; ++type) {
        const std::string word(capdl::word(static_cast<capdl::ObjectType>(type)));
        INFO(word);
        CHECK((all.find("= " + word + "\n") != std::string::npos || all.find("= " + word + " (") != std::string::npos));
    }
}

TEST_CASE("specimens for aarch64 build, others say why not") {
    const capdl::test::SampleFolder folder;
    folder.add("client.bin", std::string(2 * 4096, '\0'));
    for (const std::filesystem::path& path : specimens()) {
        INFO(path);
        const capdl::test::SpecRun run = run_spec(capdl::test::read(path), Until::build, folder.path());
        const bool can = path.filename().string().starts_with("aarch64");
        CHECK(run.accepted == can);
        if (can) {
            CHECK(without_effectless(run.messages) == "");
            const capdl::test::SpecRun again = run_spec(run.expanded, Until::build, folder.path());
            CHECK(system_image(again.plan) == system_image(run.plan));
        } else {
            CHECK(run.messages.find("only one for aarch64 can be built") != std::string::npos);
        }
    }
}
