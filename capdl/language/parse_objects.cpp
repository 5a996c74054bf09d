// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: the objects section.
#include <fmt/format.h>

#include "language/parser.hpp"

namespace capdl {

// path = type (parameters) { children }; inside an untyped's braces also a bare reference.
void Parser::object_item(uint32_t parent, unsigned depth) {
    SyntaxObject object{};
    object.parent = parent;
    const Span begin = token().span;

    std::vector<SyntaxName> path{name("of an object")};
    while (accept(TokenKind::slash)) {
        path.push_back(name("after `/`"));
    }
    object.path = {static_cast<uint32_t>(module_.names.size()), static_cast<uint32_t>(path.size())};
    module_.names.insert(module_.names.end(), path.begin(), path.end());

    if (parent != no_index && path.size() == 1 && !at(TokenKind::equals)) {
        object.is_reference = true;
        object.span = since(begin);
        module_.objects.push_back(object);
        accept(TokenKind::comma);
        return;
    }
    if (at(TokenKind::left_brace)) {
        fail("`=` after the name of an object", "what an object holds stands in `caps`");
    }
    expect(TokenKind::equals, "after the name of an object");
    object.type_span = token().span;
    object.type = object_type();
    object.parameters = parameters(object_parameters(), "an object");
    object.span = since(begin);
    module_.objects.push_back(object);
    if (at(TokenKind::left_brace)) {
        object_children(static_cast<uint32_t>(module_.objects.size() - 1), depth + 1);
    }
    if (parent != no_index) {
        accept(TokenKind::comma);
    }
}

void Parser::object_children(uint32_t parent, unsigned depth) {
    if (module_.objects[parent].type != ObjectType::ut) {
        diagnostics_
            .error(token().span, fmt::format("{} cannot contain objects", describe(module_.objects[parent].type)))
            .help("only an untyped (ut) can");
    }
    if (depth > nesting_limit) {
        diagnostics_.error(token().span, fmt::format("more than {} braces within each other", nesting_limit));
        throw Mistake{};
    }
    braced_list("before the content of an untyped", [=, this] { object_item(parent, depth); });
}

ObjectType Parser::object_type() {
    if (at(TokenKind::identifier) && token().starts_line && next_.kind == TokenKind::equals) {
        diagnostics_.error(last_span_, "expected an object type after this");
        throw Mistake{};
    }
    const Token found = expect(TokenKind::identifier, "of an object type");
    if (const std::optional<ObjectType> type = find_object_type(found.text)) {
        return *type;
    }
    NearMiss meant(found.text);
    for (size_t type = 0; type < object_type_count; ++type) {
        meant.offer(word(static_cast<ObjectType>(type)));
    }
    // What people who know the kernels' own names write.
    struct Synonym {
        std::string_view word;
        ObjectType type;
    };
    static constexpr Synonym synonyms[] = {{"endpoint", ObjectType::ep},      {"thread", ObjectType::tcb},
                                           {"untyped", ObjectType::ut},       {"reply", ObjectType::rtreply},
                                           {"page", ObjectType::frame},       {"sched_context", ObjectType::sc},
                                           {"aep", ObjectType::notification}, {"captable", ObjectType::cnode}};
    for (const Synonym& synonym : synonyms) {
        if (found.text == synonym.word) {
            diagnostics_.error(found.span, fmt::format("`{}` is not an object type", found.text))
                .suggest(word(synonym.type));
            throw Mistake{};
        }
    }
    fail_unknown("an object type", found, meant);
}

}  // namespace capdl
