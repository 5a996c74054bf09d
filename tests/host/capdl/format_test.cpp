// SPDX-License-Identifier: BSD-2-Clause
// Laying specs out: each case of constructs/layout.txt against its golden; nothing but layout changes, and only once.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "golden_cases.hpp"
#include "language/lexer.hpp"
#include "spec_run.hpp"
#include "tool/compilation.hpp"

namespace {

using capdl::test::Case;

const std::filesystem::path folder = CAPDL_CONSTRUCTS;

std::string formatted(const std::string& text) {
    capdl::Compilation compilation({}, std::nullopt);
    const auto result = compilation.format("spec.cdl", text);
    return result ? result->after : compilation.diagnostics().render();
}

// The tokens of a text, one a line, and how many comments it has.
std::string tokens_of(const std::string& text) {
    capdl::SourceMap sources;
    capdl::Diagnostics diagnostics(sources);
    capdl::Lexer lexer(sources, sources.add("spec.cdl", text), diagnostics);
    std::string result;
    for (capdl::Token token = lexer.next(); token.kind != capdl::TokenKind::end; token = lexer.next()) {
        result += std::string(sources.text(token.span)) + '\n';
    }
    return result;
}

void check_layout(const std::string& text) {
    INFO(text);
    const std::string once = formatted(text);
    INFO(once);
    CHECK(tokens_of(once) == tokens_of(text));
    CHECK(std::ranges::count(once, '!') == std::ranges::count(text, '!'));
    CHECK(formatted(once) == once);
}

}  // namespace

TEST_CASE("specs are laid out") { capdl::test::check_cases(folder, "layout", formatted); }

TEST_CASE("laying out changes no token, loses no comment, and is done after once") {
    for (const Case& given : capdl::test::cases_of(folder / "language.txt")) {
        check_layout(given.text);
    }
    for (const Case& given : capdl::test::cases_of(folder / "layout.txt")) {
        check_layout(given.text);
    }
}

TEST_CASE("all blanks gone or doubled, a spec is laid out in the same words") {
    for (const Case& given : capdl::test::cases_of(folder / "language.txt")) {
        if (given.text.find("--") != std::string::npos || given.text.find("/*") != std::string::npos ||
            given.text.find('"') != std::string::npos || given.text.find("//") != std::string::npos) {
            continue;
        }
        std::string one_line = given.text;
        std::ranges::replace(one_line, '\n', ' ');
        check_layout(one_line);
        std::string many_lines;
        for (const char c : given.text) {
            many_lines += c;
            many_lines += c == ' ' ? "\n\n" : "";
        }
        check_layout(many_lines);
    }
}

TEST_CASE("the systems of the repository are laid out as the formatter does it") {
    unsigned count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(CAPDL_REPOSITORY) /
                                                                           "userland" / "systems")) {
        if (entry.path().extension() == ".cdl") {
            INFO(entry.path());
            const std::string text = capdl::test::read(entry.path());
            CHECK(formatted(text) == text);
            ++count;
        }
    }
    CHECK(count >= 2);
}
