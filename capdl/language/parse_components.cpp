// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: the components section, Selene's own.
#include <fmt/format.h>

#include "language/parser.hpp"

namespace capdl {

// name = "file.elf" (parameters) { gifts }
void Parser::component() {
    SyntaxComponent result{};
    const Token first = expect(TokenKind::identifier, "of a component");
    result.name = intern(first);
    result.name_span = first.span;
    expect(TokenKind::equals, "after the name of a component");
    bool is_lost = false;  // but for what it gets, where there may be further mistakes
    try {
        component_head(result);
    } catch (const Mistake&) {
        if (!at(TokenKind::left_brace)) {
            throw;
        }
        is_lost = true;
    }
    result.span = since(first.span);
    result.gifts.first = static_cast<uint32_t>(module_.gifts.size());
    if (at(TokenKind::left_brace)) {
        braced_list("before what a component gets", [this] { gift(); });
    }
    result.gifts.count = static_cast<uint32_t>(module_.gifts.size()) - result.gifts.first;
    if (is_lost) {
        throw Mistake{};
    }
    module_.components.push_back(result);
}

// "file.elf" (parameters)
void Parser::component_head(SyntaxComponent& component) {
    bool is_lost = false;
    if (at(TokenKind::identifier) && token().text.contains('.')) {
        diagnostics_.error(token().span, "the name of a component's ELF file stands between quotation marks")
            .help(fmt::format("\"{}\"", token().text));
        take();
        is_lost = true;
    } else {
        const Token file = expect(TokenKind::string, "with the name of the component's ELF file");
        component.file = string_value(file);
        component.file_span = file.span;
    }
    component.parameters = parameters(component_parameters(), "a component");
    if (is_lost) {
        throw Mistake{};
    }
}

void Parser::gift() {
    SyntaxGift result{};
    const Token first = token();
    result.name_span = first.span;
    if (at(TokenKind::number)) {
        take();
        slot_gift(result, SyntaxGift::Kind::fixed_slot, first.number);
    } else {
        expect(TokenKind::identifier, "or number of a slot");
        result.name = intern(first);
        if (at(TokenKind::equals) || at(TokenKind::left_bracket)) {
            own_object(result);
        } else if (const std::optional<ThreadSlot> slot = find_thread_slot(first.text)) {
            slot_gift(result, SyntaxGift::Kind::thread_slot, static_cast<uint64_t>(*slot));
        } else {
            named_gift(result);
        }
    }
    result.span = since(first.span);
    accept(TokenKind::semicolon);
    module_.gifts.push_back(result);
}

// slot: object (parameters)
void Parser::slot_gift(SyntaxGift& gift, SyntaxGift::Kind kind, uint64_t slot) {
    gift.kind = kind;
    gift.slot = slot;
    expect(TokenKind::colon, "after a slot");
    given_capability(gift);
}

void Parser::given_capability(SyntaxGift& gift) {
    gift.target = name("of an object");
    gift.parameters = parameters(capability_parameters(), "a capability");
}

void Parser::named_gift(SyntaxGift& gift) {
    expect(TokenKind::colon, "(a capability of this name follows) or `=` (an object of its own)");
    if (at(TokenKind::string)) {
        gift.kind = SyntaxGift::Kind::argument;
        gift.text = string_value(take());
        return;
    }
    gift.kind = SyntaxGift::Kind::capability;
    if (at_word("map") && next_.kind == TokenKind::identifier && !next_.starts_line) {
        take();
        gift.kind = SyntaxGift::Kind::memory;
    }
    given_capability(gift);
}

// name = type (parameters)   or   name[n] = type (parameters)
void Parser::own_object(SyntaxGift& gift) {
    gift.kind = SyntaxGift::Kind::own_object;
    SyntaxObject object{};
    gift.target = {.name = gift.name, .ranges = {}, .span = gift.name_span};
    if (at(TokenKind::left_bracket)) {
        Token first{};
        first.text = names_.text(gift.name);
        first.span = gift.name_span;
        gift.target = continue_name(first);
    }
    object.path = {static_cast<uint32_t>(module_.names.size()), 1};
    module_.names.push_back(gift.target);
    expect(TokenKind::equals, "before the type of an object");
    object.type_span = token().span;
    object.type = object_type();
    object.parameters = parameters(object_parameters(), "an object");
    object.span = since(gift.name_span);
    gift.own_object = static_cast<uint32_t>(module_.own_objects.size());
    module_.own_objects.push_back(object);
}

}  // namespace capdl
