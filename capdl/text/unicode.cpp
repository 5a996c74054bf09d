// SPDX-License-Identifier: BSD-2-Clause
// As much of Unicode as specs and messages about them need.
#include "text/unicode.hpp"

#include <algorithm>
#include <array>

namespace capdl {
namespace {

struct Block {
    char32_t first, last;
};

// Blocks without letters, by the block names of the Unicode Character Database.
constexpr std::array not_letters{
    Block{0x0080, 0x00A9},    // C1 controls, Latin-1 signs
    Block{0x00AB, 0x00B4},    // Latin-1 signs
    Block{0x00B6, 0x00B9},    // Latin-1 signs
    Block{0x00BB, 0x00BF},    // Latin-1 signs
    Block{0x00D7, 0x00D7},    // multiplication sign
    Block{0x00F7, 0x00F7},    // division sign
    Block{0x0300, 0x036F},    // combining marks
    Block{0x2000, 0x20CF},    // punctuation, spaces, superscripts, currency
    Block{0x2190, 0x2BFF},    // arrows, mathematics, boxes, symbols
    Block{0x2E00, 0x2E7F},    // supplemental punctuation
    Block{0x3000, 0x3004},    // ideographic space and punctuation
    Block{0x3007, 0x3030},    // ideographic punctuation
    Block{0xD800, 0xF8FF},    // surrogates, private use
    Block{0xFE00, 0xFE6F},    // variation selectors, compatibility forms
    Block{0xFEFF, 0xFF20},    // byte order mark, full-width punctuation
    Block{0xFF3B, 0xFF40},    // full-width punctuation
    Block{0xFF5B, 0xFF65},    // full-width and half-width punctuation
    Block{0xFFE0, 0xFFFF},    // specials
    Block{0x1F000, 0x1FAFF},  // pictographs
    Block{0xE0000, 0x10FFFF}  // tags, private use
};

// What moves a terminal's cursor, or makes text read in another order.
bool is_control(char32_t code) {
    return (code < ' ' && code != '\t') || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

DecodedCharacter decode_utf8(std::string_view text) {
    const auto byte = [&](size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return {0, 1, false};
    }
    char32_t code = lead & (0x7Fu >> length);
    for (size_t index = 1; index < length; ++index) {
        if ((byte(index) & 0xC0) != 0x80) {
            return {0, 1, false};
        }
        code = code << 6 | (byte(index) & 0x3Fu);
    }
    constexpr std::array<char32_t, 5> shortest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < shortest[length] || surrogate || code > 0x10FFFF) {
        return {0, 1, false};
    }
    return {code, length, true};
}

bool is_letter(char32_t code) {
    const auto block = std::ranges::lower_bound(not_letters, code, {}, &Block::last);
    return code >= 0x80 && (block == not_letters.end() || code < block->first);
}

std::string_view ascii_look_alike(char32_t code) {
    // Full-width forms stand in the order of ASCII.
    constexpr std::string_view punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    constexpr char32_t full_width = 0xFEE0;
    if (code > full_width + ' ' && code <= full_width + '~') {
        const size_t index = punctuation.find(static_cast<char>(code - full_width));
        return index == std::string_view::npos ? std::string_view{} : punctuation.substr(index, 1);
    }
    switch (code) {
    case 0x00A0:
    case 0x2007:
    case 0x202F:
    case 0x3000: return " ";
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2212: return "-";
    case 0x2013:
    case 0x2014: return "--";  // which word processors make a dash of
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x00AB:
    case 0x00BB: return "\"";
    case 0x2024: return ".";
    case 0x2025:
    case 0x2026: return "..";
    default: return {};
    }
}

std::string printable(std::string_view text) {
    constexpr std::string_view replacement = "\uFFFD";
    std::string result;
    while (!text.empty()) {
        const DecodedCharacter character = decode_utf8(text);
        result += character.valid && !is_control(character.code) ? text.substr(0, character.length) : replacement;
        text.remove_prefix(character.length);
    }
    return result;
}

}  // namespace capdl
