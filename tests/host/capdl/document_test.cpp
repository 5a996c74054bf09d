// SPDX-License-Identifier: BSD-2-Clause
// Every example of docs/capdl.md: what it shows builds, or is refused with exactly the messages that it shows.
#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <sstream>

#include "golden_cases.hpp"
#include "sample_elf.hpp"
#include "spec_run.hpp"

namespace {

struct Block {
    unsigned line;
    std::string kind;
    std::string text;
};

// The fenced blocks of a document.
std::vector<Block> blocks_of(const std::string& document) {
    std::vector<Block> blocks;
    std::istringstream lines(document);
    bool inside = false;
    unsigned number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.starts_with("```")) {
            if (!inside) {
                blocks.push_back({number, line.substr(3), {}});
            }
            inside = !inside;
        } else if (inside) {
            blocks.back().text += line + '\n';
        }
    }
    return blocks;
}

}  // namespace

TEST_CASE("the examples of the document do what it says") {
    const capdl::test::SampleFolder folder;
    folder.add("picture.bin", "pixels");
    folder.add("program.bin", std::string(4096, '\0'));
    folder.add("parts.cdl", "objects { shared = ep }");
    std::filesystem::current_path(folder.path());  // where included files are looked for
    const std::filesystem::path path = std::filesystem::path(CAPDL_REPOSITORY) / "docs" / "capdl.md";
    const std::vector<Block> blocks = blocks_of(capdl::test::read(path));
    unsigned examples = 0;
    for (size_t index = 0; index < blocks.size(); ++index) {
        const Block& block = blocks[index];
        if (!block.kind.starts_with("capdl")) {
            continue;
        }
        ++examples;
        INFO("docs/capdl.md:" << block.line);
        const std::regex component("\"([a-z]+[.]elf)\"");
        for (std::sregex_iterator found(block.text.begin(), block.text.end(), component), end; found != end; ++found) {
            folder.add((*found)[1].str(), capdl::test::SampleElf().bytes());
        }
        const capdl::test::SpecRun run = run_spec(block.text, capdl::test::Until::build, folder.path());
        if (block.kind == "capdl") {
            CHECK(run.messages == "");
            CHECK(run.accepted);
        } else {
            CHECK(!run.accepted);
            REQUIRE(index + 1 < blocks.size());
            CHECK(run.messages == blocks[index + 1].text);
        }
    }
    CHECK(examples >= 10);
}
