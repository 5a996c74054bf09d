// SPDX-License-Identifier: BSD-2-Clause
// A line that a person types and changes, on a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shell {

/// Takes what a terminal sends, byte by byte, and says what it is to show. It knows the keys that people expect:
///
///     left, right, home, end (or ^B ^F ^A ^E)   move
///     backspace, delete (or ^D)                 remove a character
///     ^U, ^K, ^W                                remove what is before, what is behind, the word before
///     up, down (or ^P ^N)                       earlier and later lines
///     ^C                                        begin anew
///     ^L                                        clear the screen
///
/// Keys beyond ASCII come as escape sequences of ECMA-48 as terminals like xterm send them. Other sequences and control
/// characters are nothing. A line is never longer than most_length; what is more is not taken, and the terminal rings. Of a line
/// that is wider than the terminal a part is shown, with the cursor in it.
class LineEditor {
public:
    static constexpr size_t most_length = 200;
    static constexpr size_t most_lines = 20;  ///< of history
    static constexpr size_t columns = 80;     ///< of the terminal, or fewer

    explicit LineEditor(std::string prompt) : prompt_(std::move(prompt)) {}

    /// What to show before the first key.
    [[nodiscard]] std::string begin() { return prompt_; }

    /// A key, or a part of one. What it shows is appended to `echo`. The line, if it was finished; then comes the next one,
    /// whose prompt begin() gives.
    [[nodiscard]] std::optional<std::string> take(char byte, std::string& echo);

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] size_t cursor() const { return cursor_; }

private:
    enum class Escape : uint8_t { none, begun, parameters };

    [[nodiscard]] std::optional<std::string> control(char byte, std::string& echo);
    void sequence(char final, std::string& echo);
    void insert(char byte, std::string& echo);
    void remove(size_t from, size_t to, std::string& echo);
    void move(size_t to, std::string& echo);
    void recall(size_t number, std::string& echo);
    void begin_anew();
    void show(std::string& echo);
    [[nodiscard]] size_t width() const { return columns - 1 - prompt_.size(); }
    [[nodiscard]] size_t word_before() const;

    std::string prompt_;
    std::string text_;
    size_t cursor_ = 0;
    size_t left_ = 0;  // the first character that is shown
    std::vector<std::string> history_;
    size_t recalled_ = 0;  // number of the line of the history that is shown; their count for a new one
    std::string unsent_;   // the new one meanwhile
    Escape escape_ = Escape::none;
    std::string parameters_;
    char last_ = 0;
};

}  // namespace shell
