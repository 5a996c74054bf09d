// SPDX-License-Identifier: BSD-2-Clause
// No text makes the compiler crash or hang: changed specs are refused with a message at a place, or compiled.
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "golden_cases.hpp"
#include "image/image_writer.hpp"
#include "sample_elf.hpp"
#include "spec_run.hpp"

namespace {

using capdl::test::Case;
using capdl::test::run_spec;
using capdl::test::Until;

constexpr unsigned rounds = 4000;

class Changes {
public:
    explicit Changes(std::vector<Case> texts) : texts_(std::move(texts)), random_(Catch::getSeed()) {}

    // A text with some stretches of it doubled, dropped, swapped for another text's or filled with noise.
    std::string next() {
        std::string text = some_text();
        for (size_t change = up_to(2) + 1; change != 0 && !text.empty(); --change) {
            const size_t begin = up_to(text.size());
            const size_t length = up_to(std::min<size_t>(text.size() - begin, 12));
            switch (up_to(6)) {
            case 0: text.erase(begin, length); break;
            case 1: text.insert(begin, text.substr(up_to(text.size()), length)); break;
            case 2: text.replace(begin, length, some_stretch()); break;
            case 3: text.insert(begin, some_stretch()); break;
            case 4: text[std::min(begin, text.size() - 1)] = static_cast<char>(random_()); break;
            default: text.insert(begin, numbers[up_to(std::size(numbers))]); break;
            }
        }
        return text;
    }

private:
    static constexpr const char* numbers[] = {"0", "1", "[]", "63", "64", "4096", "0xffffffff", "0xffffffffffffffff"};

    size_t up_to(size_t end) { return end == 0 ? 0 : random_() % end; }
    std::string some_text() { return texts_[up_to(texts_.size())].text; }
    std::string some_stretch() {
        const std::string text = some_text();
        return text.substr(up_to(text.size()), up_to(30));
    }

    std::vector<Case> texts_;
    std::mt19937_64 random_;
};

std::vector<Case> short_texts() {
    std::vector<Case> texts = capdl::test::cases_of(std::filesystem::path(CAPDL_CONSTRUCTS) / "language.txt");
    for (const char* name : {"structure.txt", "components.txt", "building.txt"}) {
        for (Case& mistake : capdl::test::cases_of(std::filesystem::path(CAPDL_MISTAKES) / name)) {
            texts.push_back(std::move(mistake));
        }
    }
    std::erase_if(texts, [](const Case& text) { return text.text.size() > 1000; });
    return texts;
}

}  // namespace

TEST_CASE("changed specs are refused with a message or compiled") {
    const capdl::test::SampleFolder folder;
    for (const char* name : {"a.elf", "server.elf", "client.elf", "bare.elf"}) {
        folder.add(name, capdl::test::SampleElf().bytes());
    }
    Changes changes(short_texts());
    unsigned built = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        const std::string text = changes.next();
        INFO(text);
        const capdl::test::SpecRun run = run_spec(text, Until::build, folder.path());
        REQUIRE((run.accepted || run.messages.find("error: ") != std::string::npos));
        if (!run.expanded.empty()) {
            const capdl::test::SpecRun again = run_spec(run.expanded, Until::build, folder.path());
            REQUIRE(again.expanded == run.expanded);
            REQUIRE(again.accepted == run.accepted);
            if (run.accepted) {
                ++built;
                REQUIRE(!system_image(run.plan).empty());
            }
        }
    }
    CHECK(built > rounds / 200);
}

TEST_CASE("what would exhaust the machine is an error with its number") {
    const auto said = [](const std::string& sections, std::string_view sentence) {
        const capdl::test::SpecRun run = run_spec("arch aarch64 " + sections);
        INFO(run.messages.substr(0, 1000));
        CHECK(!run.accepted);
        CHECK(run.messages.find(sentence) != std::string::npos);
        CHECK(run.messages.size() < 10'000);
    };
    std::string references;
    std::string indices;
    for (unsigned number = 0; number < 5000; ++number) {
        references += "e[] ";
        indices += "0,";
    }
    said("objects { e[16777215] = ep }", "more than 1048576 objects");
    said("objects { e[1048576] = ep f = ep }", "more than 1048576 objects");
    said("objects { e[1000] = ep t[1000] = cnode (20 bits) } caps { t[] { " + references + "} }",
         "more than 2097152 capabilities");
    said("objects { e[100000] = ep u = ut { " + references + "} }",
         "all references together name more than 4194304 objects");
    said("objects { e = ep t = cnode (4 bits) } caps { t { e[" + indices + "0] } }",
         "more than 1000 indices between two brackets");
}

TEST_CASE("copies of many capabilities take no more than there are") {
    const capdl::test::SpecRun run = run_spec(
        "arch aarch64 objects { e[60000] = ep t[2] = cnode (16 bits) } "
        "caps { t[0] { all[] = e[] (RW) t[] } t[1] { <all[]> (masked: R) <all[0]> } }");
    INFO(run.messages.substr(0, 1000));
    CHECK(run.accepted);
}

TEST_CASE("deep and long texts are refused or compiled") {
    const auto many = [](std::string_view part, unsigned count) {
        std::string text;
        for (unsigned number = 0; number < count; ++number) {
            text += part;
        }
        return text;
    };
    constexpr unsigned count = 20'000;
    for (const std::string_view part :
         {"{", "(", "[", "<", "u = ut {", "u/", "/*", "- child_of ", "(t, ", "a =", "1:"}) {
        for (const std::string_view section :
             {"objects {", "caps { t {", "cdt { (t, 1) {", "components { a = \"a\" {"}) {
            const std::string text =
                "arch aarch64 objects { t = cnode (4 bits) } " + std::string(section) + many(part, count);
            CHECK(!run_spec(text).accepted);
        }
    }
    std::string chain = "arch aarch64 objects { t = cnode (16 bits) e = ep } caps { t { 0: c0 = e (R) ";
    for (unsigned number = 1; number < count; ++number) {
        chain += "c" + std::to_string(number) + " = <c" + std::to_string(number - 1) + "> ";
    }
    CHECK(run_spec(chain + "} }").accepted);
}
