// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: names with their indices, slots and strings.
#include <fmt/format.h>

#include "language/parser.hpp"

namespace capdl {

SyntaxName Parser::name(std::string_view purpose) {
    if (at_word("objects") || at_word("caps")) {
        diagnostics_.error(token().span, fmt::format("`{}` is a reserved word", token().text));
        throw Mistake{};
    }
    return continue_name(expect(TokenKind::identifier, purpose));
}

SyntaxName Parser::continue_name(const Token& first) {
    SyntaxName result{.name = intern(first), .ranges = {}, .span = first.span};
    if (!accept(TokenKind::left_bracket)) {
        return result;
    }
    result.ranges.first = static_cast<uint32_t>(module_.ranges.size());
    if (at(TokenKind::right_bracket)) {
        module_.ranges.push_back({SyntaxRange::Kind::all, 0, 0, since(first.span)});
        take();
    } else {
        list(TokenKind::right_bracket, "`,` or `]` after an index", [&] {
            if (module_.ranges.size() - result.ranges.first == index_limit) {
                diagnostics_.error(token().span, fmt::format("more than {} indices between two brackets", index_limit));
                throw Mistake{};
            }
            module_.ranges.push_back(range());
        });
    }
    result.ranges.count = static_cast<uint32_t>(module_.ranges.size()) - result.ranges.first;
    result.span = since(first.span);
    return result;
}

SyntaxRange Parser::range() {
    const Span begin = token().span;
    if (accept(TokenKind::dots)) {
        const uint64_t last = expect(TokenKind::number, "after `..`").number;
        return {SyntaxRange::Kind::up_to, 0, last, since(begin)};
    }
    const uint64_t first = expect(TokenKind::number, "as index").number;
    if (!accept(TokenKind::dots)) {
        return {SyntaxRange::Kind::one, first, first, begin};
    }
    if (!at(TokenKind::number)) {
        return {SyntaxRange::Kind::from, first, 0, since(begin)};
    }
    const uint64_t last = take().number;
    return {SyntaxRange::Kind::between, first, last, since(begin)};
}

SyntaxSlotReference Parser::slot_reference() {
    if (at(TokenKind::left_parenthesis)) {
        return slot_reference_in_parentheses();
    }
    const SyntaxName capability = name("of a capability, or `(object, slot)`");
    return {.name = capability, .slot = std::nullopt, .slot_span = {}, .span = capability.span};
}

SyntaxSlotReference Parser::slot_reference_in_parentheses() {
    const Span begin = expect(TokenKind::left_parenthesis, "before object and slot").span;
    SyntaxSlotReference result{};
    result.name = name("of an object");
    expect(TokenKind::comma, "between object and slot");
    const SlotNumber slot = slot_number();
    result.slot = slot.number;
    result.slot_span = slot.span;
    expect(TokenKind::right_parenthesis, "after the slot");
    result.span = since(begin);
    return result;
}

Parser::SlotNumber Parser::slot_number() {
    if (at(TokenKind::number)) {
        const Token number = take();
        return {number.number, number.span};
    }
    const Token word = expect(TokenKind::identifier, "or number of a slot");
    if (const std::optional<ThreadSlot> slot = find_thread_slot(word.text)) {
        return {static_cast<uint64_t>(*slot), word.span};
    }
    NearMiss meant(word.text);
    for (size_t slot = 0; slot < thread_slot_count; ++slot) {
        meant.offer(capdl::word(static_cast<ThreadSlot>(slot)));
    }
    fail_unknown("a slot of a thread", word, meant);
}

Name Parser::string_value(const Token& literal) {
    if (literal.is_broken) {
        throw Mistake{};  // what should follow is in it
    }
    if (literal.text.find('\\') == std::string_view::npos) {
        return names_.intern(literal.text);
    }
    std::string text;
    for (size_t index = 0; index < literal.text.size(); ++index) {
        if (literal.text[index] == '\\' && index + 1 < literal.text.size()) {
            const char escaped = literal.text[++index];
            text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
        } else {
            text += literal.text[index];
        }
    }
    return names_.intern(text);
}

}  // namespace capdl
