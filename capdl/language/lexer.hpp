// SPDX-License-Identifier: BSD-2-Clause
// Cuts a source text into tokens.
#pragma once

#include <string_view>

#include "language/token.hpp"
#include "text/diagnostic.hpp"

namespace capdl {

/// Lexical structure, as the reference tool has it:
///
///   identifier   a letter (of any script), then letters, digits, - _ @ .
///   number       decimal, 0x hexadecimal, 0o octal; 64 bits
///   string       "..." on one line; \" and \\ stand for themselves
///   comments     -- to the end of the line; nested /* */; Selene's own: // to the end of the line
///
/// What cannot be a token is reported and passed over, so a lexer always reaches the end of its text.
class Lexer {
public:
    Lexer(const SourceMap& sources, Span text, Diagnostics& diagnostics);

    /// The next token; at the end of the text the same end token again and again.
    Token next();

    /// Whether what was reported leaves unclear what the text says from there on: a comment without end, a number
    /// without value, a character without meaning.
    [[nodiscard]] bool is_cut() const { return is_cut_; }

    /// Whether behind a place there is a comment or a string without end, which may have swallowed what is missing.
    [[nodiscard]] bool has_swallowed(Span behind) const { return swallowed_at_ > behind.begin; }

private:
    [[nodiscard]] char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    [[nodiscard]] Span span_from(size_t begin) const {
        return {base_ + static_cast<uint32_t>(begin), static_cast<uint32_t>(at_ - begin)};
    }

    bool skip_blanks();  ///< true if a new line began
    void skip_line();
    void skip_block_comment();
    void swallow(size_t begin);
    [[nodiscard]] size_t letter_length() const;  ///< bytes of the letter at the place, 0 if there is none

    Token identifier();
    Token name_from(size_t begin);
    Token number();
    Token string();
    Token punctuation();
    Token unknown();
    Token foreign(size_t begin, char32_t code);
    Token foreign_string(size_t begin);
    uint64_t digits(unsigned base, size_t begin);
    void check_leading_zero(Span span, std::string_view written);

    std::string_view text_;
    uint32_t base_;
    size_t at_ = 0;
    bool is_cut_ = false;
    uint32_t swallowed_at_ = 0;  ///< the last such comment or string
    Diagnostics& diagnostics_;
};

}  // namespace capdl
