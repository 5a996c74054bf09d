// SPDX-License-Identifier: BSD-2-Clause
// Printing: what the sink gets, and when.

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <sel/error.hpp>
#include <sel/print.hpp>

namespace {

std::vector<std::string> pieces;

void collect(std::string_view text) { pieces.emplace_back(text); }

}  // namespace

TEST_CASE("output goes out by lines, however it is written") {
    sel::set_print_sink(collect);
    pieces.clear();
    sel::print("one {}", 1);
    CHECK(pieces.empty());
    sel::print(" and {}\ntwo\nthr", 2);
    CHECK(pieces == std::vector<std::string>{"one 1 and 2\n", "two\n"});
    sel::println("ee");
    CHECK(pieces.back() == "three\n");
    sel::write("rest");
    sel::flush();
    sel::flush();
    CHECK(pieces.size() == 4);
    CHECK(pieces.back() == "rest");
}

TEST_CASE("a line without end goes out in pieces") {
    sel::set_print_sink(collect);
    pieces.clear();
    sel::write(std::string(1300, 'x'));
    CHECK(pieces.size() == 2);
    sel::write("\n");
    CHECK(pieces.size() == 3);
    CHECK(pieces.back().ends_with("x\n"));
}

TEST_CASE("a result with a value is its value") {
    CHECK(sel::or_abort(sel::Result<int>(42), "answering") == 42);
    sel::or_abort(sel::Result<void>(), "nothing");
}
