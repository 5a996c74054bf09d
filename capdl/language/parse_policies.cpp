// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: Selene's own sections about the whole: groups, policies and included files.
#include <fmt/format.h>

#include "language/parser.hpp"

namespace capdl {

void Parser::expect_word(std::string_view word, std::string_view purpose) {
    if (!at_word(word)) {
        fail(fmt::format("`{}` {}", word, purpose));
    }
    take();
}

// NAME = A, B [restarted by C]
void Parser::group() {
    SyntaxGroup result{};
    const Token first = expect(TokenKind::identifier, "of a group");
    result.name = intern(first);
    result.name_span = first.span;
    expect(TokenKind::equals, "after the name of a group");
    result.members = policy_names("of a component");
    if (at_word("restarted")) {
        take();
        expect_word("by", "after `restarted`");
        result.supervisor = name("of the component that restarts the group");
    }
    accept(TokenKind::semicolon);
    module_.groups.push_back(result);
}

// no flow from A, B to C, D [except through E, F]   or   isolated A, B, C
void Parser::policy() {
    SyntaxPolicy result{};
    const Token first = expect(TokenKind::identifier, "of a rule");
    if (first.text == "no") {
        result.kind = SyntaxPolicy::Kind::no_flow;
        expect_word("flow", "after `no`");
        expect_word("from", "after `no flow`");
        result.from = policy_names("of who may not affect");
        expect_word("to", "after who may not affect");
        result.to = policy_names("of who may not be affected");
        if (at_word("except")) {
            take();
            expect_word("through", "after `except`");
            result.through = policy_names("of who is trusted with the flow");
        }
    } else if (first.text == "isolated") {
        result.kind = SyntaxPolicy::Kind::isolated;
        result.from = policy_names("of who is isolated");
    } else {
        NearMiss meant(first.text);
        meant.offer("isolated");
        fail_unknown("a rule (`no flow from A to B`, `isolated A, B`)", first, meant);
    }
    result.span = since(first.span);
    accept(TokenKind::semicolon);
    module_.policies.push_back(result);
}

Slice Parser::policy_names(std::string_view purpose) {
    std::vector<SyntaxName> found;
    do {
        found.push_back(name(purpose));
    } while (accept(TokenKind::comma));
    const Slice slice{static_cast<uint32_t>(module_.names.size()), static_cast<uint32_t>(found.size())};
    module_.names.insert(module_.names.end(), found.begin(), found.end());
    return slice;
}

// The sections of another file, as if they stood here; its own `arch`, if there is one, says the same.
void Parser::include() {
    take();
    const Token file = expect(TokenKind::string, "with the name of a file after `include`");
    if (included_ == nullptr) {
        return;
    }
    const Architecture outer = module_.architecture;
    const std::optional<Span> text = included_->open(names_.text(string_value(file)), file.span);
    module_.is_cut = module_.is_cut || !text;
    if (text) {
        Parser inner(sources_, *text, names_, diagnostics_, included_);
        inner.module_ = std::move(module_);
        const Span begin = inner.token().span;
        if (inner.at_word("arch")) {
            try {
                inner.architecture();
            } catch (const Mistake&) {
                inner.module_.is_cut = true;
                inner.skip_to_section();
            }
        }
        if (inner.module_.architecture != outer) {
            inner.module_.is_cut = true;
            diagnostics_.error(begin, "this file is for another architecture").note(file.span, "included here");
        }
        inner.sections();
        inner.module_.is_cut = inner.module_.is_cut || inner.lexer_.is_cut();
        module_ = std::move(inner.module_);
        included_->close();
    }
    module_.architecture = outer;
}

}  // namespace capdl
