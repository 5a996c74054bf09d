// SPDX-License-Identifier: BSD-2-Clause
// Cuts a source text into tokens.
#include "language/lexer.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "text/unicode.hpp"

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

// The mark that is written as one character.
constexpr std::optional<TokenKind> mark_kind(char c) {
    switch (c) {
    case '{': return TokenKind::left_brace;
    case '}': return TokenKind::right_brace;
    case '(': return TokenKind::left_parenthesis;
    case ')': return TokenKind::right_parenthesis;
    case '[': return TokenKind::left_bracket;
    case ']': return TokenKind::right_bracket;
    case '<': return TokenKind::left_angle;
    case '>': return TokenKind::right_angle;
    case ',': return TokenKind::comma;
    case ';': return TokenKind::semicolon;
    case ':': return TokenKind::colon;
    case '=': return TokenKind::equals;
    case '/': return TokenKind::slash;
    case '-': return TokenKind::minus;
    case '.': return TokenKind::dot;
    default: return std::nullopt;
    }
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
    } else if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
        at_ = 1;
        diagnostics_.error(span_from(0), "this text is UTF-16").help("a spec is UTF-8, or plain ASCII");
        swallow(0);
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

// All that is left is lost.
void Lexer::swallow(size_t begin) {
    swallowed_at_ = base_ + static_cast<uint32_t>(begin);
    at_ = text_.size();
    is_cut_ = true;
}

void Lexer::skip_block_comment() {
    const size_t begin = at_;
    size_t depth = 0;
    do {
        if (at_ == text_.size()) {
            at_ = begin + 2;
            diagnostics_.error(span_from(begin), "this comment is never closed").help("`*/` is missing");
            swallow(begin);
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

Token Lexer::identifier() { return name_from(at_); }

Token Lexer::name_from(size_t begin) {
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
        diagnostics_.warning(Warning::leading_zero, span, "a leading zero has no meaning")
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
    if (peek() == '.' && peek(1) == '.') {
        at_ += 2;
        return {.kind = TokenKind::dots, .span = span_from(begin), .text = text_.substr(begin, 2)};
    }
    if (const std::optional<TokenKind> kind = mark_kind(peek())) {
        ++at_;
        return {.kind = *kind, .span = span_from(begin), .text = text_.substr(begin, 1)};
    }
    return unknown();
}

// What no token begins with is reported, and read as what was probably meant, or passed over.
Token Lexer::unknown() {
    const size_t begin = at_;
    const DecodedCharacter character = decode_utf8(text_.substr(at_));
    at_ += character.length;
    if (!character.valid) {
        while (at_ < text_.size() && !decode_utf8(text_.substr(at_)).valid) {
            ++at_;  // one message for a run of garbage
        }
        is_cut_ = true;
        diagnostics_.error(span_from(begin), "these bytes are not UTF-8 text");
        return {};
    }
    switch (character.code) {
    case '#':
        diagnostics_.error(span_from(begin), "`#` does not begin a comment here").help("comments begin with `--`");
        skip_line();
        return {};
    case '*':
        at_ += peek() == '/' ? 1 : 0;
        diagnostics_.error(span_from(begin), fmt::format("`{}` has no meaning here", text_.substr(begin, at_ - begin)))
            .help("comments are written `/* ... */`");
        return {};
    case '_':
    case '@':
        diagnostics_.error(span_from(begin), fmt::format("a name cannot begin with `{}`", text_[begin]))
            .help("it begins with a letter");
        return name_from(begin);
    case '\'': return foreign_string(begin);
    default: return foreign(begin, character.code);
    }
}

// A character of which no token has any, but perhaps somebody's typewriter thinks otherwise.
Token Lexer::foreign(size_t begin, char32_t code) {
    std::string_view meant = ascii_look_alike(code);
    if (meant == "\"") {
        return foreign_string(begin);
    }
    if (meant == "--" &&
        text_.substr(std::min(text_.find_first_not_of(' ', at_), text_.size())).starts_with("child_of")) {
        meant = "-";
    }
    while (meant.empty() && at_ < text_.size()) {
        const DecodedCharacter next = decode_utf8(text_.substr(at_));
        if (!next.valid || next.code != code) {
            break;
        }
        at_ += next.length;  // one message for a run of them
    }
    Diagnostic& error = diagnostics_.error(
        span_from(begin), fmt::format("the character U+{:04X} has no meaning here", static_cast<uint32_t>(code)));
    if (meant.empty()) {
        is_cut_ = true;
        return {};
    }
    error.help(fmt::format("it looks like {} but is not", meant == " " ? "a space" : fmt::format("`{}`", meant)));
    if (meant == " ") {
        return {};
    }
    if (meant == "--") {
        skip_line();
        return {};
    }
    const std::optional<TokenKind> kind = meant == ".." ? TokenKind::dots : mark_kind(meant.front());
    is_cut_ |= !kind;
    return {.kind = kind.value_or(TokenKind::end), .span = span_from(begin), .text = meant};
}

// A string between other marks than it should have.
Token Lexer::foreign_string(size_t begin) {
    const size_t content = at_;
    while (at_ < text_.size() && peek() != '\n') {
        const DecodedCharacter character = decode_utf8(text_.substr(at_));
        const size_t end = at_;
        at_ += character.length;
        if (character.code == '\'' || character.code == '"' || ascii_look_alike(character.code) == "\"") {
            diagnostics_.error(span_from(begin), "a string begins and ends with `\"`");
            return {.kind = TokenKind::string, .span = span_from(begin), .text = text_.substr(content, end - content)};
        }
    }
    diagnostics_.error(span_from(begin), "a string begins and ends with `\"`");
    swallowed_at_ = base_ + static_cast<uint32_t>(begin);
    return {.kind = TokenKind::string,
            .span = span_from(begin),
            .text = text_.substr(content, at_ - content),
            .is_broken = true};
}

}  // namespace capdl
