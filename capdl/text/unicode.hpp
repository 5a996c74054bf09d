// SPDX-License-Identifier: BSD-2-Clause
// As much of Unicode as specs and messages about them need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace capdl {

struct DecodedCharacter {
    char32_t code;
    size_t length;  ///< bytes, at least 1
    bool valid;
};

/// The first character of a text that is not empty; a wrong byte is an invalid character of length 1.
[[nodiscard]] DecodedCharacter decode_utf8(std::string_view text);

/// Whether a character beyond ASCII can be part of a name: all but controls, spaces, punctuation and symbols.
[[nodiscard]] bool is_letter(char32_t code);

/// What a character that crept in from a word processor was meant to be, in ASCII; empty for others.
[[nodiscard]] std::string_view ascii_look_alike(char32_t code);

/// A text as a terminal may have it: what is no UTF-8, and controls other than tabs, replaced one by one.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace capdl
