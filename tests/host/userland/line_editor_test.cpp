// SPDX-License-Identifier: BSD-2-Clause
// The shell's line editor: what is typed, and what a terminal shows of it.
#include <random>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "apps/shell/line_editor.hpp"

using shell::LineEditor;

namespace {

/// A terminal's last line: what the escape sequences that the editor sends make of it.
class Terminal {
public:
    void show(std::string_view echo) {
        for (size_t at = 0; at < echo.size(); ++at) {
            if (echo[at] == '\r') {
                column_ = 0;
            } else if (echo[at] == '\n') {
                line_.clear();
                column_ = 0;
            } else if (echo[at] == '\x1b') {
                const size_t final = echo.find_first_of("KDHJ", at);
                if (echo[final] == 'K') line_.resize(column_);
                if (echo[final] == 'D') column_ -= std::stoul(std::string(echo.substr(at + 2, final - at - 2)));
                at = final;
            } else if (echo[at] == '\a') {
                ++rings_;
            } else {
                line_.resize(std::max(line_.size(), column_ + 1), ' ');
                line_[column_++] = echo[at];
            }
        }
    }

    [[nodiscard]] const std::string& line() const { return line_; }
    [[nodiscard]] size_t column() const { return column_; }
    [[nodiscard]] size_t rings() const { return rings_; }

private:
    std::string line_;
    size_t column_ = 0;
    size_t rings_ = 0;
};

/// The lines that come of what is typed.
std::vector<std::string> typed(std::string_view keys) {
    LineEditor editor("> ");
    std::vector<std::string> lines;
    std::string echo;
    for (const char byte : keys) {
        if (auto line = editor.take(byte, echo)) lines.push_back(std::move(*line));
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines are typed and changed") {
    CHECK(typed("one\rtwo\nthree\r\n") == Lines{"one", "two", "three"});
    CHECK(typed("\r\r\n\n") == Lines{"", "", ""});
    CHECK(typed("onf\x7f"
                "e\r") == Lines{"one"});
    CHECK(typed("ne\x1b[Ho\r") == Lines{"one"});
    CHECK(typed("oe\x1b[Dn\x1b[C!\r") == Lines{"one!"});
    CHECK(typed("xone\x01\x04\r") == Lines{"one"});
    CHECK(typed("xone\x1b[1~\x1b[3~\x1b[4~.\r") == Lines{"one."});
    CHECK(typed("all\x15one\r") == Lines{"one"});
    CHECK(typed("one two\x01\x06\x06\x06\x0b\r") == Lines{"one"});
    CHECK(typed("one two  \x17\x17three\r") == Lines{"three"});
    CHECK(typed("one\x03two\r") == Lines{"two"});
    CHECK(typed("\x7f\x7f\x1b[D\x1b[C\x04\x0b\x15\x17one\r") == Lines{"one"});
    CHECK(typed("o\x1b[99;99Zn\x1bxe\x07\t\r") == Lines{"one"});
}

TEST_CASE("lines that were typed come again") {
    CHECK(typed("one\rtwo\r\x1b[A\x1b[A\r") == Lines{"one", "two", "one"});
    CHECK(typed("one\rtw\x1b[A\x1b[Bo\r") == Lines{"one", "two"});
    CHECK(typed("\x1b[A\x1b[Bone\r") == Lines{"one"});
    CHECK(typed("one\r\x10!\r\x10\x10\r") == Lines{"one", "one!", "one"});
    CHECK(typed("one\rone\rtwo\r\x10\x10\x10\x10\r") == Lines{"one", "one", "two", "one"});
}

TEST_CASE("a line is not longer than it may be") {
    const std::string much(1000, 'x');
    const auto lines = typed(much + "\r");
    CHECK(lines == Lines{std::string(LineEditor::most_length, 'x')});
    LineEditor editor("> ");
    Terminal terminal;
    std::string echo;
    for (const char byte : much) (void)editor.take(byte, echo);
    terminal.show(echo);
    CHECK(terminal.rings() == much.size() - LineEditor::most_length);
}

TEST_CASE("whatever is typed, the terminal shows the line and the cursor in it") {
    std::mt19937 random(Catch::getSeed());
    constexpr std::string_view keys[] = {
        "a",      "b",      " ",       "\x7f",      "\x04",
        "\x01",   "\x05",   "\x02",    "\x06",      "\x0b",
        "\x15",   "\x17",   "\x10",    "\x0e",      "\r",
        "\x03",   "\x1b[A", "\x1b[B",  "\x1b[C",    "\x1b[D",
        "\x1b[H", "\x1b[F", "\x1b[3~", "\x1b[200~", "\x1b",
        "\t",     "[",      "\xff",    "\x0c",      "some words in a row, for lines that are wider than the terminal "};
    LineEditor editor("> ");
    Terminal terminal;
    terminal.show(editor.begin());
    for (int round = 0; round < 20'000; ++round) {
        for (const char byte : keys[random() % std::size(keys)]) {
            std::string echo;
            const bool done = editor.take(byte, echo).has_value();
            terminal.show(echo);
            if (done) terminal.show(editor.begin());
        }
        // The whole line, or a part of it with the cursor in it.
        REQUIRE(terminal.line().starts_with("> "));
        REQUIRE(terminal.column() >= 2);
        REQUIRE(terminal.column() < LineEditor::columns);
        const std::string shown = terminal.line().substr(2);
        REQUIRE(shown.size() == std::min(editor.text().size(), LineEditor::columns - 3));
        const size_t left = editor.cursor() - (terminal.column() - 2);
        REQUIRE(editor.text().substr(left, shown.size()) == shown);
        REQUIRE(editor.text().size() <= LineEditor::most_length);
    }
}
