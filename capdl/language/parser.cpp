// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: sections, names, and what all parts of the parser share.
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
    if (taken.kind == TokenKind::left_parenthesis || taken.kind == TokenKind::left_bracket) {
        ++open_;
    } else if (open_ != 0 && (taken.kind == TokenKind::right_parenthesis || taken.kind == TokenKind::right_bracket)) {
        --open_;
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

// --- Recovery ----------------------------------------------------------------------------------------------

// Words that begin a section and cannot begin anything else.
bool Parser::at_section() const {
    return at_word("objects") || at_word("caps") || (at_word("irq") && next_.text == "maps");
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
    unsigned depth = 0;
    bool names_it = false;  // the token before this is a `:`, behind which `name =` belongs to the same item
    while (!at(TokenKind::end) && !at_section()) {
        const bool is_new = token().span != item_begin;
        const bool may_begin = !names_it && open_ <= open_at_begin && resumed_ < most_in_line;
        const bool begins = (next_.kind == TokenKind::equals && at(TokenKind::identifier)) ||
                            (next_.kind == TokenKind::colon && (at(TokenKind::identifier) || at(TokenKind::number)));
        if (depth == 0 && (at(TokenKind::right_brace) || (is_new && (token().starts_line || (begins && may_begin))))) {
            break;
        }
        if (at(TokenKind::left_brace) || at(TokenKind::left_parenthesis) || at(TokenKind::left_bracket)) {
            ++depth;
        } else if (depth != 0 &&
                   (at(TokenKind::right_brace) || at(TokenKind::right_parenthesis) || at(TokenKind::right_bracket))) {
            --depth;
        }
        names_it = at(TokenKind::colon);
        take();
    }
    open_ = open_at_begin;
    resumed_ = token().starts_line ? 0 : resumed_ + 1;
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

// --- Names -------------------------------------------------------------------------------------------------

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
