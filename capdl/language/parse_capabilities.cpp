// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: the sections caps, irq maps and cdt.
#include <fmt/format.h>

#include "language/parser.hpp"

namespace capdl {

// name = (object, slot)   or   container { capabilities }
void Parser::capability_item() {
    const Token first = token();
    const SyntaxName container_name = name("of an object that holds capabilities");
    if (at(TokenKind::equals) && next_.kind == TokenKind::left_brace) {
        diagnostics_.error(token().span, "`=` has no meaning here")
            .help("an object's slots are filled by `NAME { ... }`");
        take();
        container(container_name);
    } else if (at(TokenKind::equals)) {
        if (container_name.ranges.count != 0) {
            diagnostics_.error(container_name.span, "the name of a capability has no index");
        }
        capability_name(first);
    } else {
        container(container_name);
    }
}

void Parser::capability_name(const Token& first) {
    take();  // the equals sign
    if (at(TokenKind::identifier) && find_object_type(token().text)) {
        fail("`(` before object and slot", "objects are declared in `objects`");
    }
    const SyntaxSlotReference slot = slot_reference_in_parentheses();
    module_.capability_names.push_back({intern(first), first.span, slot});
}

void Parser::container(const SyntaxName& container_name) {
    SyntaxContainer result{.name = container_name, .capabilities = {}, .span = container_name.span};
    result.capabilities.first = static_cast<uint32_t>(module_.capabilities.size());
    braced_list("before the capabilities of an object", [this] {
        try {
            capability();
        } catch (const Mistake&) {
            SyntaxCapability lost{};
            lost.is_lost = true;
            module_.capabilities.push_back(lost);
            throw;
        }
    });
    result.capabilities.count = static_cast<uint32_t>(module_.capabilities.size()) - result.capabilities.first;
    module_.containers.push_back(result);
}

// [slot:] [name =] (object | <name>) [(parameters)] [- child_of parent] [;]
void Parser::capability() {
    SyntaxCapability result{};
    const Span begin = token().span;
    if (at(TokenKind::number) || (at(TokenKind::identifier) && next_.kind == TokenKind::colon)) {
        const SlotNumber slot = slot_number();
        result.slot = slot.number;
        result.slot_span = slot.span;
        expect(TokenKind::colon, "after a slot");
    }
    if (at(TokenKind::identifier)) {
        result.target = name("of an object");
        if (accept(TokenKind::equals)) {
            result.own_name = result.target;
            result.target = {};
        }
    }
    if (accept(TokenKind::left_angle)) {
        result.is_copy = true;
        result.target = name("of a capability to copy");
        expect(TokenKind::right_angle, "after the capability to copy");
    } else if (result.target.name == Name::none) {
        result.target = name("of an object, or `<capability>`");
    }
    result.parameters = parameters(capability_parameters(), "a capability");
    result.parent = derivation_parent();
    result.span = since(begin);
    if (at(TokenKind::comma)) {
        diagnostics_.error(take().span, "capabilities are not separated by `,`").help("by nothing, or by `;`");
    }
    accept(TokenKind::semicolon);
    module_.capabilities.push_back(result);
}

std::optional<SyntaxSlotReference> Parser::derivation_parent() {
    if (!accept(TokenKind::minus)) {
        return std::nullopt;
    }
    if (!at_word("child_of")) {
        fail("`child_of` after `-`");
    }
    take();
    return slot_reference();
}

// [number:] object [;]
void Parser::interrupt() {
    SyntaxInterrupt result{};
    if (at(TokenKind::number)) {
        const Token number = take();
        result.number = number.number;
        result.number_span = number.span;
        expect(TokenKind::colon, "after the number of an interrupt");
    }
    result.name = name("of an interrupt object");
    accept(TokenKind::semicolon);
    module_.interrupts.push_back(result);
}

// slot { children }   or, as a child, a bare slot
void Parser::derivation(uint32_t parent, unsigned depth) {
    const SyntaxSlotReference slot = slot_reference();
    module_.derivations.push_back({slot, parent});
    const auto index = static_cast<uint32_t>(module_.derivations.size() - 1);
    if (parent == no_index || at(TokenKind::left_brace)) {
        if (depth >= nesting_limit) {
            diagnostics_.error(token().span, fmt::format("more than {} braces within each other", nesting_limit));
            throw Mistake{};
        }
        braced_list("before the children of a capability", [=, this] { derivation(index, depth + 1); });
    }
    accept(TokenKind::semicolon);
}

}  // namespace capdl
