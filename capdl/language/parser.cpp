// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: tokens and sections.
#include "language/parser.hpp"

#include <fmt/format.h>

namespace capdl {
namespace {

std::string describe_found(const Token& token) {
    switch (token.kind) {
    case TokenKind::identifier:
    case TokenKind::number: return fmt::format("`{}`", token.text);
    case TokenKind::string: return fmt::format("\"{}\"", token.text);
    default: return std::string(describe(token.kind));
    }
}

}  // namespace

Parser::Parser(const SourceMap& sources, Span text, NameTable& names, Diagnostics& diagnostics, IncludedTexts* included)
    : sources_(sources),
      included_(included),
      lexer_(sources, text, diagnostics),
      names_(names),
      diagnostics_(diagnostics),
      token_(lexer_.next()),
      next_(lexer_.next()) {}

Module Parser::parse() {
    try {
        architecture();
    } catch (const Mistake&) {
        module_.is_cut = true;
        skip_to_section();
    }
    if (at(TokenKind::end) && !diagnostics_.has_errors()) {
        diagnostics_.error(token().span, "a spec has at least one section").help("for instance `objects { }`");
    }
    sections();
    module_.is_cut = module_.is_cut || lexer_.is_cut();
    return std::move(module_);
}

void Parser::sections() {
    while (!at(TokenKind::end)) {
        const Span begin = token().span;
        try {
            section();
        } catch (const Mistake&) {
            skip_to_section();
            lose(begin);
        }
    }
}

// --- Tokens ------------------------------------------------------------------------------------------------

bool Parser::at_word(std::string_view word) const { return at(TokenKind::identifier) && token().text == word; }

Token Parser::take() {
    const Token taken = token_;
    last_span_ = taken.span;
    last_kind_ = taken.kind;
    if (taken.kind == TokenKind::left_parenthesis || taken.kind == TokenKind::left_bracket) {
        ++open_;
    } else if (open_ != 0 && (taken.kind == TokenKind::right_parenthesis || taken.kind == TokenKind::right_bracket)) {
        --open_;
        inner_braces_ = 0;  // what is still open in there is missing
    } else if (open_ != 0 && taken.kind == TokenKind::left_brace) {
        ++inner_braces_;
    } else if (inner_braces_ != 0 && taken.kind == TokenKind::right_brace) {
        --inner_braces_;
    }
    token_ = next_;
    next_ = lexer_.next();
    return taken;
}

bool Parser::accept(TokenKind kind) {
    if (!at(kind)) {
        return false;
    }
    take();
    return true;
}

Token Parser::expect(TokenKind kind, std::string_view purpose) {
    if (!at(kind)) {
        fail(fmt::format("{} {}", describe(kind), purpose));
    }
    return take();
}

void Parser::fail(std::string_view expected, std::string_view hint) {
    if (at(TokenKind::end) && lexer_.has_swallowed(last_span_)) {
        throw Mistake{};  // which has been said
    }
    diagnostics_.error(token().span, fmt::format("expected {}, found {}", expected, describe_found(token())))
        .help(std::string(hint));
    throw Mistake{};
}

void Parser::fail_unknown(std::string_view what, const Token& found, NearMiss meant) {
    diagnostics_.error(found.span, fmt::format("{} is not {}", describe_found(found), what)).suggest(meant.best());
    throw Mistake{};
}

// --- Sections ----------------------------------------------------------------------------------------------

void Parser::architecture() {
    if (!at_word("arch")) {
        fail("`arch` and the name of an architecture", "a spec begins with `arch aarch64`");
    }
    take();
    const Token found = expect(TokenKind::identifier, "of an architecture");
    if (const std::optional<Architecture> architecture = find_architecture(found.text)) {
        module_.architecture = *architecture;
        return;
    }
    // What other tools call them.
    struct Synonym {
        std::string_view word;
        std::string_view meant;
    };
    static constexpr Synonym synonyms[] = {{"arm64", "aarch64"}, {"armv8", "aarch64"}, {"arm", "arm11"},
                                           {"aarch32", "arm11"}, {"x86", "ia32"},      {"amd64", "x86_64"}};
    for (const Synonym& synonym : synonyms) {
        if (found.text == synonym.word) {
            diagnostics_.error(found.span, fmt::format("`{}` is not an architecture", found.text))
                .suggest(synonym.meant);
            throw Mistake{};
        }
    }
    NearMiss meant(found.text);
    for (const std::string_view candidate : {"aarch64", "arm11", "ia32", "riscv", "x86_64"}) {
        meant.offer(candidate);
    }
    fail_unknown("an architecture", found, meant);
}

void Parser::section() {
    const Token keyword = token();
    if (at_word("objects")) {
        take();
        braced_list("after `objects`", [this] { object_item(no_index, 0); });
    } else if (at_word("caps")) {
        take();
        braced_list("after `caps`", [this] { capability_item(); });
    } else if (at_word("irq") && next_.text == "maps") {
        take();
        take();
        braced_list("after `irq maps`", [this] { interrupt(); });
    } else if (at_word("cdt")) {
        take();
        braced_list("after `cdt`", [this] { derivation(no_index, 0); });
    } else if (at_word("domains")) {
        domains();
    } else if (at_word("components")) {
        take();
        braced_list("after `components`", [this] { component(); });
    } else if (at_word("groups")) {
        take();
        braced_list("after `groups`", [this] { group(); });
    } else if (at_word("policies")) {
        take();
        braced_list("after `policies`", [this] { policy(); });
    } else if (at_word("include")) {
        include();
    } else if (at_word("arch") && next_.kind == TokenKind::identifier) {
        diagnostics_.error(token().span, "the architecture is named once, before all sections");
        take();
        take();
    } else if (at(TokenKind::identifier)) {
        NearMiss meant(keyword.text);
        for (const std::string_view candidate :
             {"objects", "caps", "irq maps", "cdt", "domains", "components", "groups", "policies", "include"}) {
            meant.offer(candidate);
        }
        take();
        fail_unknown("a section", keyword, meant);
    } else {
        const bool closes_nothing = at(TokenKind::right_brace);
        if (closes_nothing) {
            diagnostics_.error(take().span, "this brace closes nothing");
            return;
        }
        diagnostics_.error(token().span, fmt::format("expected a section, found {}", describe_found(token())));
        take();
        throw Mistake{};
    }
}

void Parser::domains() {
    const Token keyword = take();
    if (module_.domains) {
        diagnostics_.error(keyword.span, "there is a `domains` section already").note(module_.domains->span, "here");
    }
    module_.domains.emplace().span = keyword.span;
    braced_list("after `domains`", [this] { domain_item(); });
}

void Parser::domain_item() {
    const Token word = expect(TokenKind::identifier, "of a domain setting");
    SyntaxDomains& domains = *module_.domains;
    if (word.text == "schedule") {
        expect(TokenKind::colon, "after `schedule`");
        expect(TokenKind::left_bracket, "before the schedule");
        list(TokenKind::right_bracket, "`,` or `]` after an entry of the schedule", [this] { schedule_entry(); });
    } else if (word.text == "domain_set_start") {
        expect(TokenKind::colon, "after `domain_set_start`");
        domains.has_start = true;
        if (at_word("no_start")) {
            take();
        } else {
            domains.start = expect(TokenKind::number, "or `no_start`").number;
        }
    } else if (word.text == "index_shift") {
        expect(TokenKind::colon, "after `index_shift`");
        domains.index_shift = expect(TokenKind::number, "of entries").number;
    } else {
        NearMiss meant(word.text);
        for (const std::string_view candidate : {"schedule", "domain_set_start", "index_shift"}) {
            meant.offer(candidate);
        }
        fail_unknown("a setting of domains", word, meant);
    }
}

void Parser::schedule_entry() {
    expect(TokenKind::left_parenthesis, "before a domain and its time");
    SyntaxDomains::Entry entry{};
    entry.domain = expect(TokenKind::number, "of a domain").number;
    expect(TokenKind::comma, "between domain and time");
    entry.duration = expect(TokenKind::number, "of ticks or microseconds").number;
    if (at(TokenKind::identifier)) {
        const Token unit = take();
        if (unit.text != "us" && unit.text != "tick" && unit.text != "ticks") {
            fail_unknown("a unit of time (us, ticks)", unit, NearMiss(unit.text));
        }
        entry.unit = intern(unit);
    }
    expect(TokenKind::right_parenthesis, "after the time");
    module_.domains->schedule.push_back(entry);
}

}  // namespace capdl
