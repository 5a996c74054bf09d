// SPDX-License-Identifier: BSD-2-Clause
// Places in texts, near misses, sizes as words, and how messages look and are counted.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "text/diagnostic.hpp"
#include "text/near_miss.hpp"
#include "text/sizes.hpp"
#include "text/unicode.hpp"

namespace {

using capdl::Diagnostics;
using capdl::SourceMap;
using capdl::Span;
using capdl::Warning;

std::string_view nearest(std::string_view word, std::initializer_list<std::string_view> candidates) {
    capdl::NearMiss meant(word);
    for (const std::string_view candidate : candidates) {
        meant.offer(candidate);
    }
    return meant.best();
}

}  // namespace

TEST_CASE("places count lines and characters, in each text for itself") {
    SourceMap sources;
    const Span first = sources.add("first.cdl", "one\ntwö three\r\nfour");
    const Span second = sources.add("second.cdl", "x");
    const capdl::Place place = sources.place({first.begin + 9, 5});
    CHECK(place.path == "first.cdl");
    CHECK(place.line == 2);
    CHECK(place.column == 5);
    CHECK(place.line_text == "twö three");
    CHECK(sources.text({first.begin + 9, 5}) == "three");
    CHECK(sources.place({first.end(), 0}).line == 3);
    CHECK(sources.place({first.end(), 0}).column == 5);
    CHECK(sources.place(second).path == "second.cdl");
    CHECK(sources.place(second).line == 1);
    CHECK(sources.text({}) == "");
}

TEST_CASE("joined spans hold both, and no place joins with any") {
    CHECK(capdl::join({5, 2}, {10, 3}) == Span{5, 8});
    CHECK(capdl::join({10, 3}, {5, 2}) == Span{5, 8});
    CHECK(capdl::join({}, {5, 2}) == Span{5, 2});
    CHECK(capdl::join({5, 2}, {}) == Span{5, 2});
}

TEST_CASE("a near miss differs in at most a third of its characters") {
    CHECK(nearest("consle", {"console", "counsel"}) == "console");
    CHECK(nearest("TCB", {"tcb", "tcp"}) == "tcb");
    CHECK(nearest("firts", {"first", "fists"}) == "first");
    CHECK(nearest("endpoint", {"ep", "frame"}) == "");
    CHECK(nearest("x", {"y"}) == "");
    CHECK(nearest("same", {"same"}) == "");
    CHECK(nearest(std::string(65, 'a'), {std::string_view("aaaa")}) == "");
    CHECK(nearest("a", {std::string_view()}) == "");
}

TEST_CASE("sizes are said in the largest unit that divides them") {
    CHECK(capdl::size_text(0) == "0 bytes");
    CHECK(capdl::size_text(100) == "100 bytes");
    CHECK(capdl::size_text(4096) == "4 KiB");
    CHECK(capdl::size_text(2 << 20) == "2 MiB");
    CHECK(capdl::size_text(uint64_t{3} << 30) == "3 GiB");
    CHECK(capdl::size_word(4096) == "4k");
    CHECK(capdl::size_word(2 << 20) == "2M");
    CHECK(capdl::size_word(uint64_t{1} << 30) == "1024M");
}

TEST_CASE("messages come in the order of the text, with underline, hint and notes") {
    SourceMap sources;
    const Span text = sources.add("a.cdl", "\tone two\n");
    Diagnostics diagnostics(sources);
    diagnostics.warning(Warning::no_effect, {text.begin + 5, 3}, "second")
        .help("a hint")
        .note({text.begin + 1, 3}, "the first");
    diagnostics.error({text.begin + 1, 3}, "first").suggest("won").suggest("");
    diagnostics.error({}, "without a place").help("and what to do");
    CHECK(diagnostics.render() ==
          "error: without a place\n      and what to do\n"
          "a.cdl:1:2: error: first\n    1 | \tone two\n      | \t^~~ did you mean `won`?\n"
          "a.cdl:1:6: warning: second [no-effect]\n    1 | \tone two\n      | \t    ^~~ a hint\n"
          "a.cdl:1:2: note: the first\n    1 | \tone two\n      | \t^~~\n");
    CHECK(diagnostics.error_count() == 2);
    CHECK(diagnostics.warning_count() == 1);
    CHECK(diagnostics.render(Diagnostics::Colours::on).find("\x1b[1;31merror:\x1b[0m first") != std::string::npos);
}

TEST_CASE("messages for programs say the same in JSON") {
    SourceMap sources;
    const Span text = sources.add("a.cdl", "one twö three\nfour\n");
    Diagnostics diagnostics(sources);
    diagnostics.warning(Warning::no_effect, {text.begin + 4, 4}, "a \"word\"")
        .help("a hint")
        .note({text.begin + 15, 4}, "here");
    diagnostics.error({}, "without a place \xff");
    const nlohmann::json all = nlohmann::json::parse(diagnostics.render_json());
    CHECK(all["errors"] == 1);
    CHECK(all["warnings"] == 1);
    REQUIRE(all["diagnostics"].size() == 2);
    CHECK(all["diagnostics"][0] ==
          nlohmann::json::parse(R"({"severity": "error", "message": "without a place \ufffd", "notes": []})"));
    CHECK(all["diagnostics"][1] == nlohmann::json::parse(R"({
        "severity": "warning", "name": "no-effect", "message": "a \"word\"", "hint": "a hint",
        "file": "a.cdl", "line": 1, "column": 5, "end_line": 1, "end_column": 8,
        "notes": [{"message": "here", "file": "a.cdl", "line": 2, "column": 1, "end_line": 2, "end_column": 5}]})"));
}

TEST_CASE("warnings are silenced by name or made errors") {
    SourceMap sources;
    const Span text = sources.add("a.cdl", "text");
    Diagnostics silent(sources, {.strict = false, .silenced = {"no-effect"}});
    silent.warning(Warning::no_effect, text, "silenced").help("never seen");
    CHECK(silent.render() == "");
    CHECK(!silent.has_errors());

    Diagnostics strict(sources, {.strict = true, .silenced = {"no-effect"}});
    strict.warning(Warning::no_effect, text, "silenced");
    strict.warning(Warning::no_device, text, "counted");
    CHECK(strict.error_count() == 1);
    CHECK(strict.warning_count() == 0);
    CHECK(strict.render() == "a.cdl:1:1: error: counted [no-device]\n    1 | text\n      | ^~~~\n");
}

TEST_CASE("a terminal gets nothing that moves its cursor, or reads in another order") {
    CHECK(capdl::printable("a\tb\x1b[31m\r\n\x7f") == "a\tb\uFFFD[31m\uFFFD\uFFFD\uFFFD");
    CHECK(capdl::printable("\u009b \u202e \u2066 ä 名 \xff\xc3") == "\uFFFD \uFFFD \uFFFD ä 名 \uFFFD\uFFFD");
    SourceMap sources;
    const Span text = sources.add("a\x1b.cdl", "\x1b[2J wrong\r\n");
    Diagnostics diagnostics(sources);
    diagnostics.error({text.begin + 5, 5}, "\x1b]0;").help("\a");
    CHECK(diagnostics.render() ==
          "a\uFFFD.cdl:1:6: error: \uFFFD]0;\n    1 | \uFFFD[2J wrong\n      |      ^~~~~ \uFFFD\n");
}
