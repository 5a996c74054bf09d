// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: where to go on after a mistake, so that one run finds all of them.
#include "language/parser.hpp"

namespace capdl {

// Words that begin a section and cannot begin anything else.
bool Parser::at_section() const {
    const bool has_brace = next_.kind == TokenKind::left_brace;
    return (has_brace && (at_word("objects") || at_word("caps"))) || (at_word("irq") && next_.text == "maps");
}

bool Parser::at_any_section() const {
    return at_section() ||
           (next_.kind == TokenKind::left_brace && (at_word("cdt") || at_word("domains") || at_word("components") ||
                                                    at_word("groups") || at_word("policies"))) ||
           (next_.kind == TokenKind::string && at_word("include"));
}

void Parser::skip_to_section() {
    while (!at(TokenKind::end) && !at_any_section()) {
        take();
    }
}

// Goes to where the next item of the same list probably begins, at the same depth of brackets: in the next line, or at
// `name =` or `slot:`.
void Parser::skip_item(Span item_begin, unsigned open_at_begin) {
    constexpr unsigned most_in_line = 20;
    unsigned braces = 0;
    unsigned others = 0;    // parentheses and brackets
    bool names_it = false;  // the token before this is a `:`, behind which `name =` belongs to the same item
    while (!at(TokenKind::end) && !at_section()) {
        const bool is_new = token().span != item_begin;
        const bool may_begin = !names_it && open_ <= open_at_begin && resumed_ < most_in_line;
        const bool begins = (next_.kind == TokenKind::equals && at(TokenKind::identifier)) ||
                            (next_.kind == TokenKind::colon && (at(TokenKind::identifier) || at(TokenKind::number)));
        const bool begins_item = token().starts_line ? !goes_on(open_at_begin) : begins && may_begin;
        const bool closes = at(TokenKind::right_brace) && inner_braces_ == 0;
        if (braces == 0 && (closes || (others == 0 && is_new && begins_item))) {
            break;
        }
        if (at(TokenKind::left_brace)) {
            ++braces;
        } else if (at(TokenKind::right_brace)) {
            braces -= braces == 0 ? 0 : 1;
            others = 0;
        } else if (at(TokenKind::left_parenthesis) || at(TokenKind::left_bracket)) {
            ++others;
        } else if (at(TokenKind::right_parenthesis) || at(TokenKind::right_bracket)) {
            others -= others == 0 ? 0 : 1;
        }
        names_it = at(TokenKind::colon);
        take();
    }
    open_ = open_at_begin;
    inner_braces_ = 0;
    resumed_ = token().starts_line ? 0 : resumed_ + 1;
}

// Goes to the end of a parameter that has a mistake: before the `,` or `)` behind it. False if it does not seem to end.
bool Parser::skip_parameter(unsigned open_before) {
    unsigned parentheses = 0;
    while (!at(TokenKind::end) && !at_section() && !(at(TokenKind::right_brace) && inner_braces_ == 0) &&
           !(token().starts_line && !goes_on(open_before))) {
        if (at(TokenKind::right_parenthesis) && parentheses == 0) {
            open_ = open_before + 1;
            inner_braces_ = 0;
            return true;
        }
        if (at(TokenKind::comma) && open_ == open_before + 1 && inner_braces_ == 0) {
            return true;
        }
        if (at(TokenKind::left_parenthesis)) {
            ++parentheses;
        } else if (at(TokenKind::right_parenthesis)) {
            --parentheses;
        }
        take();
    }
    return false;
}

// Whether a line goes on with what is open between parentheses, and does not begin an item whose predecessor lacks one.
bool Parser::goes_on(unsigned open_at_begin) const {
    if (open_ <= open_at_begin) {
        return false;
    }
    if (at(TokenKind::right_parenthesis) || at(TokenKind::right_bracket) || at(TokenKind::comma)) {
        return true;
    }
    const bool names_slot = at(TokenKind::number) || find_thread_slot(token().text);
    if (next_.kind == TokenKind::equals || (next_.kind == TokenKind::colon && names_slot)) {
        return false;
    }
    return next_.kind == TokenKind::colon || last_kind_ == TokenKind::comma ||
           last_kind_ == TokenKind::left_parenthesis || last_kind_ == TokenKind::left_bracket;
}

// Remembers the names in what was passed over: they may have been declared there, so that nothing more is said of them.
void Parser::lose(Span begin) {
    Diagnostics said_already(sources_);
    Lexer lexer(sources_, {begin.begin, token().span.begin - begin.begin}, said_already);
    for (Token word = lexer.next(); word.kind != TokenKind::end; word = lexer.next()) {
        if (word.kind == TokenKind::identifier) {
            module_.lost.push_back(intern(word));
        }
    }
}

}  // namespace capdl
