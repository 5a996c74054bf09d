// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: from text to syntax.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "language/lexer.hpp"
#include "language/syntax.hpp"
#include "text/diagnostic.hpp"
#include "text/name_table.hpp"
#include "text/near_miss.hpp"

namespace capdl {

/// Where the texts of included files come from.
class IncludedTexts {
public:
    virtual ~IncludedTexts() = default;
    /// The text of the file that is named at a place, or nothing; then it has been reported why.
    virtual std::optional<Span> open(std::string_view name, Span where) = 0;
    /// The file opened last has been read to its end.
    virtual void close() = 0;
};

/// A recursive-descent parser of the grammar in docs/capdl.md. After a mistake it goes on with the next item, so that
/// one run finds all mistakes.
///
/// The member functions are in parser.cpp (tokens, sections), parser_recovery.cpp, parse_names.cpp, parse_objects.cpp,
/// parse_capabilities.cpp, parse_parameters.cpp, parse_components.cpp and parse_policies.cpp.
class Parser {
public:
    /// Without a source of included files, `include` is checked but nothing is read.
    Parser(const SourceMap& sources, Span text, NameTable& names, Diagnostics& diagnostics,
           IncludedTexts* included = nullptr);

    /// Parses the whole text. What had mistakes is missing from the result.
    [[nodiscard]] Module parse();

    /// Braces within braces.
    static constexpr unsigned nesting_limit = 200;
    /// Indices and ranges between one pair of brackets.
    static constexpr unsigned index_limit = 1000;

private:
    /// Thrown once a mistake is reported; caught where an item of a list begins.
    struct Mistake {};

    // --- Tokens ---
    [[nodiscard]] const Token& token() const { return token_; }
    [[nodiscard]] bool at(TokenKind kind) const { return token_.kind == kind; }
    [[nodiscard]] bool at_word(std::string_view word) const;
    Token take();
    bool accept(TokenKind kind);
    Token expect(TokenKind kind, std::string_view purpose);
    [[noreturn]] void fail(std::string_view expected, std::string_view hint = {});
    [[noreturn]] void fail_unknown(std::string_view what, const Token& found, NearMiss meant);
    [[nodiscard]] Span since(Span begin) const { return join(begin, last_span_); }

    // --- Lists and recovery ---
    template <class Item>
    void braced_list(std::string_view what, Item item);
    template <class Element>
    void list(TokenKind close, std::string_view what, Element element);
    void skip_item(Span item_begin, unsigned open_at_begin);
    bool skip_parameter(unsigned open_before);
    [[nodiscard]] bool goes_on(unsigned open_at_begin) const;
    void lose(Span begin);
    void skip_to_section();
    [[nodiscard]] bool at_section() const;
    [[nodiscard]] bool at_any_section() const;

    // --- Sections ---
    void architecture();
    void sections();
    void section();
    void domains();
    void domain_item();
    void schedule_entry();

    // --- Names ---
    SyntaxName name(std::string_view purpose);
    SyntaxName continue_name(const Token& first);
    SyntaxRange range();
    SyntaxSlotReference slot_reference();
    SyntaxSlotReference slot_reference_in_parentheses();
    struct SlotNumber {
        uint64_t number;
        Span span;
    };
    SlotNumber slot_number();
    [[nodiscard]] Name intern(const Token& word) { return names_.intern(word.text); }
    Name string_value(const Token& literal);

    // --- Objects ---
    void object_item(uint32_t parent, unsigned depth);
    void object_children(uint32_t parent, unsigned depth);
    ObjectType object_type();

    // --- Capabilities ---
    void capability_item();
    void capability_name(const Token& name);
    void container(const SyntaxName& name);
    void capability();
    std::optional<SyntaxSlotReference> derivation_parent();
    void interrupt();
    void derivation(uint32_t parent, unsigned depth);

    // --- Parameters ---
    Slice parameters(std::span<const ParameterRule> rules, std::string_view what);
    SyntaxParameter parameter(std::span<const ParameterRule> rules, std::string_view what);
    SyntaxParameter unnamed_parameter(std::span<const ParameterRule> rules);
    void value(SyntaxParameter& parameter, const ParameterRule& rule);
    void rights_value(SyntaxParameter& parameter);
    void size_value(SyntaxParameter& parameter);
    void boolean_value(SyntaxParameter& parameter);
    void trigger_value(SyntaxParameter& parameter);
    uint64_t size_unit(const Token& number);
    void fills(SyntaxParameter& parameter);
    SyntaxFill fill();

    // --- Components ---
    void component();
    void component_head(SyntaxComponent& component);
    void gift();
    void slot_gift(SyntaxGift& gift, SyntaxGift::Kind kind, uint64_t slot);
    void given_capability(SyntaxGift& gift);
    void named_gift(SyntaxGift& gift);
    void own_object(SyntaxGift& gift);

    // --- Groups, policies and included files ---
    void group();
    void policy();
    void expect_word(std::string_view word, std::string_view purpose);
    Slice policy_names(std::string_view purpose);
    void include();

    const SourceMap& sources_;
    IncludedTexts* included_;
    Lexer lexer_;
    NameTable& names_;
    Diagnostics& diagnostics_;
    Token token_;
    Token next_;
    Span last_span_;
    TokenKind last_kind_ = TokenKind::end;
    unsigned resumed_ = 0;       ///< how often it has gone on within the present line
    unsigned open_ = 0;          ///< parentheses and brackets that have been taken and not closed
    unsigned inner_braces_ = 0;  ///< braces between these
    Span open_brace_;            ///< of the innermost list of items
    Span unclosed_at_;           ///< where braces were found missing last
    Module module_;
};

template <class Item>
void Parser::braced_list(std::string_view what, Item item) {
    const Span outer_brace = open_brace_;
    open_brace_ = expect(TokenKind::left_brace, what).span;
    while (!at(TokenKind::right_brace)) {
        if (at(TokenKind::end) || at_section()) {
            // One message, for the innermost brace, unless a comment or string without end may have it in it.
            if (token().span != unclosed_at_ && !lexer_.has_swallowed(open_brace_)) {
                diagnostics_.error(token().span, "`}` is missing before this")
                    .note(open_brace_, "it would close this brace");
                unclosed_at_ = token().span;
            }
            open_brace_ = outer_brace;
            return;
        }
        const Span item_begin = token().span;
        const unsigned open_at_begin = open_;
        try {
            item();
        } catch (const Mistake&) {
            skip_item(item_begin, open_at_begin);
            lose(item_begin);
        }
    }
    take();
    open_brace_ = outer_brace;
}

template <class Element>
void Parser::list(TokenKind close, std::string_view what, Element element) {
    while (!at(close)) {
        element();
        if (!at(close) && !accept(TokenKind::comma)) {
            fail(what);
        }
    }
    take();
}

}  // namespace capdl
