// SPDX-License-Identifier: BSD-2-Clause
// Cuts a source text into tokens.
#include "language/lexer.hpp"

#include <fmt/format.h>

#include "language/unicode.hpp"

namespace capdl {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

// The value of a digit in any base, or 36 for what is none.
constexpr unsigned digit_value(char c) {
    if (is_digit(c)) {
        return static_cast<unsigned>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'z' ? static_cast<unsigned>(lower - 'a') + 10 : 36;
}

}  // namespace

std::string_view describe(TokenKind kind) {
    switch (kind) {
    case TokenKind::end: return "the end of the file";
    case TokenKind::identifier: return "a name";
    case TokenKind::number: return "a number";
    case TokenKind::string: return "a string";
    case TokenKind::left_brace: return "`{`";
    case TokenKind::right_brace: return "`}`";
    case TokenKind::left_parenthesis: return "`(`";
    case TokenKind::right_parenthesis: return "`)`";
    case TokenKind::left_bracket: return "`[`";
    case TokenKind::right_bracket: return "`]`";
    case TokenKind::left_angle: return "`<`";
    case TokenKind::right_angle: return "`>`";
    case TokenKind::comma: return "`,`";
    case TokenKind::semicolon: return "`;`";
    case TokenKind::colon: return "`:`";
    case TokenKind::equals: return "`=`";
    case TokenKind::slash: return "`/`";
    case TokenKind::minus: return "`-`";
    case TokenKind::dot: return "`.`";
    case TokenKind::dots: return "`..`";
    }
    return {};
}

Lexer::Lexer(const SourceMap& sources, Span text, Diagnostics& diagnostics)
    : text_(sources.text(text)), base_(text.begin), diagnostics_(diagnostics) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text_.starts_with(byte_order_mark)) {
        at_ = byte_order_mark.size();
    }
}

Token Lexer::next() {
    bool starts_line = at_ == 0;
    for (;;) {
        starts_line |= skip_blanks();
        Token token;
        if (at_ == text_.size()) {
            token.span = span_from(at_);
        } else if (letter_length() != 0) {
            token = identifier();
        } else if (is_digit(peek())) {
            token = number();
        } else if (peek() == '"') {
            token = string();
        } else {
            token = punctuation();
            if (token.kind == TokenKind::end) {
                continue;
            }
        }
        token.starts_line = starts_line;
        return token;
    }
}

bool Lexer::skip_blanks() {
    bool new_line = false;
    for (;;) {
        if (is_blank(peek()) && at_ < text_.size()) {
            new_line |= peek() == '\n';
            ++at_;
        } else if ((peek() == '-' && peek(1) == '-') || (peek() == '/' && peek(1) == '/')) {
            skip_line();
        } else if (peek() == '/' && peek(1) == '*') {
            skip_block_comment();
        } else {
            return new_line;
        }
    }
}

void Lexer::skip_line() {
    const size_t end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end;
}

void Lexer::skip_block_comment() {
    const size_t begin = at_;
    size_t depth = 0;
    do {
        if (at_ == text_.size()) {
            at_ = begin + 2;
            diagnostics_.error(span_from(begin), "this comment is never closed").help("`*/` is missing");
            swallowed_at_ = base_ + static_cast<uint32_t>(begin);
            at_ = text_.size();
            is_cut_ = true;
            return;
        }
        if (peek() == '/' && peek(1) == '*') {
            ++depth;
            at_ += 2;
        } else if (peek() == '*' && peek(1) == '/') {
            --depth;
            at_ += 2;
        } else {
            ++at_;
        }
    } while (depth != 0);
}

size_t Lexer::letter_length() const {
    const char c = peek();
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        return 1;
    }
    if ((c & 0x80) == 0) {
        return 0;
    }
    const DecodedCharacter character = decode_utf8(text_.substr(at_));
    return character.valid && is_letter(character.code) ? character.length : 0;
}

Token Lexer::identifier() {
    const size_t begin = at_;
    for (;;) {
        const char c = peek();
        if (is_digit(c) || c == '-' || c == '_' || c == '@' || c == '.') {
            ++at_;
        } else if (const size_t length = letter_length(); length != 0) {
            at_ += length;
        } else {
            break;
        }
    }
    return {.kind = TokenKind::identifier, .span = span_from(begin), .text = text_.substr(begin, at_ - begin)};
}

Token Lexer::number() {
    const size_t begin = at_;
    unsigned base = 10;
    const char marker = static_cast<char>(peek(1) | 0x20);
    if (peek() == '0' && marker == 'x' && digit_value(peek(2)) < 16) {
        base = 16;
    } else if (peek() == '0' && marker == 'o' && digit_value(peek(2)) < 8) {
        base = 8;
    }
    at_ += base == 10 ? 0 : 2;
    const uint64_t value = digits(base, begin);
    const std::string_view written = text_.substr(begin, at_ - begin);
    if (base == 10 && written.size() > 1 && written.front() == '0') {
        check_leading_zero(span_from(begin), written);
    }
    return {.kind = TokenKind::number, .span = span_from(begin), .text = written, .number = value};
}

uint64_t Lexer::digits(unsigned base, size_t begin) {
    uint64_t value = 0;
    bool overflow = false;
    for (; digit_value(peek()) < base; ++at_) {
        overflow |= __builtin_mul_overflow(value, base, &value);
        overflow |= __builtin_add_overflow(value, digit_value(peek()), &value);
    }
    if (overflow) {
        diagnostics_.error(span_from(begin), "this number does not fit in 64 bits")
            .help("the largest is 0xffffffffffffffff");
        is_cut_ = true;
    }
    return value;
}

// A reader of C takes 010 for eight, the reference tool for ten. Where both agree it is only odd.
void Lexer::check_leading_zero(Span span, std::string_view written) {
    const size_t significant = std::min(written.find_first_not_of('0'), written.size() - 1);
    const std::string_view decimal = written.substr(significant);
    const bool octal = decimal.find_first_of("89") == std::string_view::npos;
    if (octal && decimal.size() > 1) {
        diagnostics_.error(span, "a leading zero makes this number ambiguous")
            .help(fmt::format("write {} for decimal or 0o{} for octal", decimal, decimal));
    } else {
        diagnostics_.warning("leading-zero", span, "a leading zero has no meaning")
            .help(fmt::format("write {}", decimal));
    }
}

Token Lexer::string() {
    const size_t begin = at_;
    ++at_;
    while (peek() != '"') {
        if (at_ == text_.size() || peek() == '\n') {
            diagnostics_.error(span_from(begin), "this string is never closed").help("`\"` is missing");
            swallowed_at_ = base_ + static_cast<uint32_t>(begin);
            return {.kind = TokenKind::string,
                    .span = span_from(begin),
                    .text = text_.substr(begin + 1, at_ - begin - 1),
                    .is_broken = true};
        }
        at_ += peek() == '\\' && at_ + 1 < text_.size() && peek(1) != '\n' ? 2 : 1;
    }
    ++at_;
    return {.kind = TokenKind::string, .span = span_from(begin), .text = text_.substr(begin + 1, at_ - begin - 2)};
}

// A punctuation mark; the end token if there is none and something was passed over.
Token Lexer::punctuation() {
    const size_t begin = at_;
    const auto mark = [&](TokenKind kind, size_t length = 1) -> Token {
        at_ += length;
        return {.kind = kind, .span = span_from(begin), .text = text_.substr(begin, length)};
    };
    switch (peek()) {
    case '{': return mark(TokenKind::left_brace);
    case '}': return mark(TokenKind::right_brace);
    case '(': return mark(TokenKind::left_parenthesis);
    case ')': return mark(TokenKind::right_parenthesis);
    case '[': return mark(TokenKind::left_bracket);
    case ']': return mark(TokenKind::right_bracket);
    case '<': return mark(TokenKind::left_angle);
    case '>': return mark(TokenKind::right_angle);
    case ',': return mark(TokenKind::comma);
    case ';': return mark(TokenKind::semicolon);
    case ':': return mark(TokenKind::colon);
    case '=': return mark(TokenKind::equals);
    case '/': return mark(TokenKind::slash);
    case '-': return mark(TokenKind::minus);
    case '.': return peek(1) == '.' ? mark(TokenKind::dots, 2) : mark(TokenKind::dot);
    default: break;
    }
    skip_unknown();
    return {};
}

void Lexer::skip_unknown() {
    const size_t begin = at_;
    const DecodedCharacter character = decode_utf8(text_.substr(at_));
    at_ += character.length;
    const Span span = span_from(begin);
    if (!character.valid) {
        while (at_ < text_.size() && !decode_utf8(text_.substr(at_)).valid) {
            ++at_;  // one message for a run of garbage
        }
        is_cut_ = true;
        diagnostics_.error(span_from(begin), "these bytes are not UTF-8 text");
    } else if (character.code == '#') {
        diagnostics_.error(span, "`#` does not begin a comment here").help("comments begin with `--`");
        skip_line();
    } else if (character.code == '*') {
        diagnostics_.error(span, "`*` has no meaning here").help("comments are written `/* ... */`");
    } else if (character.code == '_' || character.code == '@') {
        diagnostics_.error(span, fmt::format("a name cannot begin with `{}`", static_cast<char>(character.code)))
            .help("it begins with a letter");
        while (letter_length() != 0 || is_digit(peek()) || peek() == '_' || peek() == '@') {
            at_ += std::max<size_t>(letter_length(), 1);
        }
    } else if (const std::string_view ascii = ascii_look_alike(character.code); !ascii.empty()) {
        is_cut_ = true;
        diagnostics_
            .error(span,
                   fmt::format("the character U+{:04X} has no meaning here", static_cast<uint32_t>(character.code)))
            .help(fmt::format("it looks like {} but is not", ascii));
    } else {
        is_cut_ = true;
        diagnostics_.error(
            span, fmt::format("the character U+{:04X} has no meaning here", static_cast<uint32_t>(character.code)));
    }
}

}  // namespace capdl
