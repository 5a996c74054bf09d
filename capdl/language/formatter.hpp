// SPDX-License-Identifier: BSD-2-Clause
// Lays a spec out afresh, comments and all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "language/lexer.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Lays out a spec that parses without a mistake: one space between words, four more blanks of indentation for each
/// line that opens a bracket, at most one blank line in a row, one before each section, comments behind code in one
/// column. Where lines end, the author decides. The tokens and the comments stay as they are; formatting the result
/// again changes nothing.
class Formatter {
public:
    Formatter(const SourceMap& sources, Span text, Diagnostics& diagnostics);

    [[nodiscard]] std::string format();

private:
    /// A line of the result: code, and the comment behind it.
    struct Line {
        std::string code;
        std::string comment;
    };
    /// A bracket that is open, and the line it is in.
    struct Bracket {
        TokenKind kind;
        size_t line;
    };

    void gap(std::string_view between, const Token& next);
    void comment(std::string_view text);
    void code(const Token& token);
    void break_line(unsigned newlines, const Token* next);
    void start_line(const Token* next);
    [[nodiscard]] bool begins_section(const Token& next) const;
    [[nodiscard]] bool needs_space(const Token& next) const;
    [[nodiscard]] size_t indentation() const;
    [[nodiscard]] std::string joined();

    const SourceMap& sources_;
    Span text_;
    Lexer lexer_;
    std::vector<Line> lines_;
    std::vector<Bracket> open_;
    Token previous_{};
    size_t tokens_ = 0;
    bool line_is_open_ = false;  ///< the last line can take more code
    bool colon_after_number_ = false;
    bool after_comment_ = false;  ///< what stands last in the line is a block comment
};

}  // namespace capdl
