// SPDX-License-Identifier: BSD-2-Clause
// Lays a spec out afresh, comments and all.
#include "language/formatter.hpp"

#include <algorithm>

namespace capdl {
namespace {

using enum TokenKind;

constexpr size_t indent_width = 4;
// Comments behind code further right than this do not pull those of their neighbours along.
constexpr size_t widest_aligned = 100;

bool opens(TokenKind kind) { return kind == left_brace || kind == left_parenthesis || kind == left_bracket; }
bool closes(TokenKind kind) { return kind == right_brace || kind == right_parenthesis || kind == right_bracket; }

// Characters, not bytes, so that comments line up for a reader.
size_t width(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string_view without_trailing_blanks(std::string_view text) {
    const size_t last = text.find_last_not_of(" \t\r\f\v");
    return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

// The end of the comment that a text begins with.
size_t comment_length(std::string_view text) {
    if (!text.starts_with("/*")) {
        return std::min(text.find('\n'), text.size());
    }
    size_t depth = 0;
    for (size_t at = 0; at + 1 < text.size();) {
        const std::string_view pair = text.substr(at, 2);
        depth += pair == "/*" ? 1 : 0;
        depth -= pair == "*/" ? 1 : 0;
        at += pair == "/*" || pair == "*/" ? 2 : 1;
        if (depth == 0) {
            return at;
        }
    }
    return text.size();
}

}  // namespace

Formatter::Formatter(const SourceMap& sources, Span text, Diagnostics& diagnostics)
    : sources_(sources), text_(text), lexer_(sources, text, diagnostics) {}

std::string Formatter::format() {
    const std::string_view all = sources_.text(text_);
    size_t at = all.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    for (;;) {
        const Token next = lexer_.next();
        const size_t begin = next.span.begin - text_.begin;
        gap(all.substr(at, begin - at), next);
        if (next.kind == end) {
            return joined();
        }
        code(next);
        at = begin + next.span.length;
    }
}

// Blanks, line ends and comments before a token.
void Formatter::gap(std::string_view between, const Token& next) {
    unsigned newlines = 0;
    bool section_pending = begins_section(next);
    for (size_t at = 0; at < between.size();) {
        if (between[at] == '\n') {
            ++newlines;
            ++at;
        } else if (between[at] == '-' || between[at] == '/') {
            const std::string_view text = between.substr(at, comment_length(between.substr(at)));
            if (newlines != 0 || lines_.empty()) {
                break_line(section_pending && !lines_.empty() ? 2 : newlines, nullptr);
                section_pending = false;
            }
            comment(text);
            at += text.size();
            newlines = 0;
        } else {
            ++at;
        }
    }
    if (next.kind == end) {
        return;
    }
    if (section_pending) {
        newlines = 2;
    } else if (begins_section(next)) {
        newlines = std::max(newlines, 1u);
    }
    if (newlines != 0 || !line_is_open_) {
        break_line(newlines, &next);
    }
}

// A section begins after the name of the architecture, and after the brace that closes another one.
bool Formatter::begins_section(const Token& next) const {
    return next.kind != end && open_.empty() && (tokens_ == 2 || (tokens_ > 2 && previous_.kind == right_brace));
}

void Formatter::break_line(unsigned newlines, const Token* next) {
    if (lines_.empty()) {
        start_line(next);
        return;
    }
    const bool after_opening = previous_.kind == left_brace && lines_.back().comment.empty() && line_is_open_;
    const bool before_closing = next != nullptr && closes(next->kind);
    const bool is_empty = lines_.back().code.empty() && lines_.back().comment.empty();
    if (newlines > 1 && !after_opening && !before_closing && !is_empty) {
        lines_.emplace_back();
    }
    start_line(next);
}

void Formatter::start_line(const Token* next) {
    lines_.emplace_back();
    size_t depth = indentation();
    if (next != nullptr && closes(next->kind) && !open_.empty()) {
        const std::vector<Bracket> all = open_;
        open_.pop_back();
        depth = indentation();
        open_ = all;
    }
    lines_.back().code.assign(depth * indent_width, ' ');
    line_is_open_ = true;
    after_comment_ = false;
}

// Brackets that a line opens together count once.
size_t Formatter::indentation() const {
    size_t count = 0;
    size_t line = ~size_t{0};
    for (const Bracket& bracket : open_) {
        count += bracket.line != line ? 1 : 0;
        line = bracket.line;
    }
    return count;
}

void Formatter::comment(std::string_view text) {
    const bool is_block = text.starts_with("/*");
    if (lines_.empty() || !line_is_open_) {
        start_line(nullptr);
    }
    Line& line = lines_.back();
    const bool alone = line.code.find_first_not_of(' ') == std::string::npos;
    if (is_block) {
        line.code += alone ? "" : " ";
        line.code += text;
        after_comment_ = true;
    } else if (alone) {
        line.code += without_trailing_blanks(text);
        line_is_open_ = false;
    } else {
        line.comment = without_trailing_blanks(text);
        line_is_open_ = false;
    }
}

void Formatter::code(const Token& token) {
    std::string& line = lines_.back().code;
    const bool first = line.find_first_not_of(' ') == std::string::npos;
    if (!first && (after_comment_ || needs_space(token))) {
        line += ' ';
    }
    line += sources_.text(token.span);
    if (opens(token.kind)) {
        open_.push_back({token.kind, lines_.size()});
    } else if (closes(token.kind) && !open_.empty()) {
        open_.pop_back();
    }
    const bool in_list = std::ranges::any_of(open_, [](const Bracket& b) { return b.kind != left_brace; });
    colon_after_number_ = token.kind == colon && previous_.kind == number && in_list;
    previous_ = token;
    ++tokens_;
    after_comment_ = false;
}

bool Formatter::needs_space(const Token& next) const {
    const TokenKind before = previous_.kind;
    const bool touches = previous_.span.end() == next.span.begin;
    const bool in_list = std::ranges::any_of(open_, [](const Bracket& b) { return b.kind != left_brace; });
    switch (next.kind) {
    case comma:
    case semicolon:
    case colon:
    case right_parenthesis:
    case right_bracket:
    case right_angle:
    case slash:
    case dots:
    case dot: return false;
    case left_bracket: return before != identifier && before != left_parenthesis && before != left_bracket;
    case right_brace: return !in_list && before != left_brace;
    default: break;
    }
    switch (before) {
    case left_parenthesis:
    case left_bracket:
    case left_angle:
    case slash:
    case dots:
    case dot: return false;
    case left_brace: return !in_list;
    case number: return !(touches && next.kind == identifier);
    case colon: return !(next.kind == number && colon_after_number_);  // 0:3.2, a place on a bus
    default: return true;
    }
}

// Comments behind code go into one column, line by line next to each other.
std::string Formatter::joined() {
    while (!lines_.empty() && lines_.back().code.find_first_not_of(' ') == std::string::npos) {
        lines_.pop_back();
    }
    std::string out;
    for (size_t first = 0; first < lines_.size();) {
        size_t last = first;
        size_t column = 0;
        while (last < lines_.size() && !lines_[last].comment.empty()) {
            const size_t own = width(lines_[last].code);
            column = own <= widest_aligned ? std::max(column, own) : column;
            ++last;
        }
        for (; first < last; ++first) {
            const size_t own = width(lines_[first].code);
            out += lines_[first].code;
            out.append(std::max(column, own) - own + 2, ' ');
            out += lines_[first].comment + '\n';
        }
        if (first < lines_.size()) {
            out += without_trailing_blanks(lines_[first++].code);
            out += '\n';
        }
    }
    return out;
}

}  // namespace capdl
