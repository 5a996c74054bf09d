// SPDX-License-Identifier: BSD-2-Clause
// The words of the language.
#pragma once

#include <cstdint>
#include <string_view>

#include "text/source.hpp"

namespace capdl {

enum class TokenKind : uint8_t {
    end,  ///< after the last token
    identifier,
    number,
    string,
    left_brace,
    right_brace,
    left_parenthesis,
    right_parenthesis,
    left_bracket,
    right_bracket,
    left_angle,
    right_angle,
    comma,
    semicolon,
    colon,
    equals,
    slash,
    minus,
    dot,
    dots,  ///< ..
};

/// How a message names this kind of token.
[[nodiscard]] std::string_view describe(TokenKind kind);

struct Token {
    TokenKind kind = TokenKind::end;
    bool starts_line = false;  ///< nothing but white space and comments before it on its line
    Span span;
    std::string_view text;  ///< as written; a string without its quotes
    uint64_t number = 0;
    bool is_broken = false;  ///< a string without end
};

}  // namespace capdl
