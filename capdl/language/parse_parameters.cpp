// SPDX-License-Identifier: BSD-2-Clause
// Reads a spec: what stands between parentheses behind an object, a component or a capability.
#include <algorithm>
#include <fmt/format.h>

#include "language/parser.hpp"

namespace capdl {
namespace {

const ParameterRule* find_rule(std::span<const ParameterRule> rules, Parameter parameter) {
    const auto rule = std::ranges::find(rules, parameter, &ParameterRule::parameter);
    return rule == rules.end() ? nullptr : &*rule;
}

// The letters of rights that a word is, or was meant to be; none if it has nothing to do with rights.
std::string meant_rights(std::string_view word) {
    std::string letters(word);
    std::ranges::transform(letters, letters.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; });
    if (Rights::parse(letters)) {
        return letters;
    }
    struct Synonym {
        std::string_view word;
        std::string_view letters;
    };
    static constexpr Synonym synonyms[] = {{"READ", "R"},       {"RECEIVE", "R"},    {"RECV", "R"},    {"WRITE", "W"},
                                           {"SEND", "W"},       {"GRANT", "G"},      {"EXECUTE", "X"}, {"EXEC", "X"},
                                           {"GRANTREPLY", "P"}, {"GRANT_REPLY", "P"}};
    for (const Synonym& synonym : synonyms) {
        if (letters == synonym.word) {
            return std::string(synonym.letters);
        }
    }
    return {};
}

// Rights and masks add up; all else is said once.
bool may_repeat(Parameter parameter) { return parameter == Parameter::rights || parameter == Parameter::masked; }

}  // namespace

Slice Parser::parameters(std::span<const ParameterRule> rules, std::string_view what) {
    const Span opened = token().span;
    const unsigned open_before = open_;
    bool is_lost = false;
    if (!accept(TokenKind::left_parenthesis)) {
        return {};
    }
    std::vector<SyntaxParameter> found;
    list(TokenKind::right_parenthesis, fmt::format("`,` or `)` in the parameters of {}", what), [&] {
        if (at(TokenKind::identifier) && token().starts_line && next_.kind == TokenKind::equals) {
            diagnostics_.error(token().span, "`)` is missing before this").note(opened, "it would close this");
            throw Mistake{};
        }
        SyntaxParameter parameter{};
        try {
            parameter = this->parameter(rules, what);
        } catch (const Mistake&) {
            if (!skip_parameter(open_before)) {
                throw;
            }
            is_lost = true;
            return;
        }
        const auto earlier = std::ranges::find(found, parameter.parameter, &SyntaxParameter::parameter);
        if (earlier != found.end() && !may_repeat(parameter.parameter)) {
            diagnostics_.error(parameter.span, fmt::format("`{}` is given twice", word(parameter.parameter)))
                .note(earlier->span, "first here");
            return;
        }
        found.push_back(parameter);
    });
    if (is_lost) {
        throw Mistake{};
    }
    const Slice slice{static_cast<uint32_t>(module_.parameters.size()), static_cast<uint32_t>(found.size())};
    module_.parameters.insert(module_.parameters.end(), found.begin(), found.end());
    return slice;
}

SyntaxParameter Parser::parameter(std::span<const ParameterRule> rules, std::string_view what) {
    if (at(TokenKind::number)) {
        return unnamed_parameter(rules);
    }
    SyntaxParameter result{};
    result.span = token().span;
    const auto rule = std::ranges::find(rules, token().text, &ParameterRule::word);
    const bool takes_rights = find_rule(rules, Parameter::rights) != nullptr;
    if (at(TokenKind::identifier) && takes_rights && rule == rules.end() && !meant_rights(token().text).empty()) {
        result.parameter = Parameter::rights;
        rights_value(result);
        result.span = since(result.span);
        return result;
    }
    const Token name = expect(TokenKind::identifier, fmt::format("of a parameter of {}", what));
    if (rule == rules.end()) {
        NearMiss meant(name.text);
        for (const ParameterRule& candidate : rules) {
            meant.offer(candidate.word);
        }
        fail_unknown(fmt::format("a parameter of {}", what), name, meant);
    }
    result.parameter = rule->parameter;
    if (rule->shape != ValueShape::none) {
        expect(TokenKind::colon, fmt::format("after `{}`", rule->word));
        const Span begin = token().span;
        value(result, *rule);
        result.value_span = since(begin);
    }
    result.span = since(result.span);
    return result;
}

// N bits, Nk, NM, NG, or a PCI device N:N.N
SyntaxParameter Parser::unnamed_parameter(std::span<const ParameterRule> rules) {
    const Token number = take();
    SyntaxParameter result{};
    result.value_span = number.span;
    result.value = number.number;
    if (accept(TokenKind::colon)) {
        result.parameter = Parameter::pci_device;
        result.second = expect(TokenKind::number, "of a PCI device").number;
        expect(TokenKind::dot, "before the function of a PCI device");
        result.third = expect(TokenKind::number, "of a PCI function").number;
    } else if (at_word("bits")) {
        take();
        result.parameter = Parameter::bits;
    } else if (at(TokenKind::identifier)) {
        result.parameter = Parameter::frame_size;
        result.value = size_unit(number);
    } else {
        fail("`bits`, `k`, `M` or `G` after a number", "`4 bits`, `4k`");
    }
    result.span = since(number.span);
    if (find_rule(rules, result.parameter) == nullptr) {
        diagnostics_.error(result.span, fmt::format("`{}` has no meaning here", word(result.parameter)));
        throw Mistake{};
    }
    return result;
}

uint64_t Parser::size_unit(const Token& number) {
    const Token unit = take();
    unsigned shift = 0;
    if (unit.text == "k") {
        shift = 10;
    } else if (unit.text == "M") {
        shift = 20;
    } else if (unit.text == "G") {
        shift = 30;
    } else {
        const char first = static_cast<char>(unit.text.front() & ~0x20);
        const std::string_view meant = first == 'K' ? "k" : first == 'M' ? "M" : first == 'G' ? "G" : "";
        diagnostics_.error(unit.span, fmt::format("`{}` is not a unit of size", unit.text))
            .help("units are k, M and G")
            .suggest(meant);
        throw Mistake{};
    }
    if (number.number > ~uint64_t{0} >> shift) {
        diagnostics_.error(join(number.span, unit.span), "this size does not fit in 64 bits");
        throw Mistake{};
    }
    return number.number << shift;
}

void Parser::value(SyntaxParameter& parameter, const ParameterRule& rule) {
    switch (rule.shape) {
    case ValueShape::none: break;
    case ValueShape::number:
        parameter.value = expect(TokenKind::number, fmt::format("for `{}`", rule.word)).number;
        break;
    case ValueShape::bits:
        parameter.value = expect(TokenKind::number, fmt::format("for `{}`", rule.word)).number;
        if (!at_word("bits")) {
            fail("`bits` after the number");
        }
        take();
        break;
    case ValueShape::size: size_value(parameter); break;
    case ValueShape::boolean: boolean_value(parameter); break;
    case ValueShape::trigger: trigger_value(parameter); break;
    case ValueShape::text:
        parameter.text = string_value(expect(TokenKind::string, fmt::format("for `{}`", rule.word)));
        break;
    case ValueShape::word:
        parameter.text = intern(expect(TokenKind::identifier, fmt::format("for `{}`", rule.word)));
        break;
    case ValueShape::numbers:
        expect(TokenKind::left_bracket, "before a list of numbers");
        parameter.list.first = static_cast<uint32_t>(module_.numbers.size());
        list(TokenKind::right_bracket, "`,` or `]` in a list of numbers",
             [this] { module_.numbers.push_back(expect(TokenKind::number, "in a list of numbers").number); });
        parameter.list.count = static_cast<uint32_t>(module_.numbers.size()) - parameter.list.first;
        break;
    case ValueShape::port_range:
        expect(TokenKind::left_bracket, "before a range of ports");
        parameter.value = expect(TokenKind::number, "of a port").number;
        expect(TokenKind::dots, "between two ports");
        parameter.second = expect(TokenKind::number, "of a port").number;
        expect(TokenKind::right_bracket, "after a range of ports");
        break;
    case ValueShape::pair:
        expect(TokenKind::left_parenthesis, "before a pair of numbers");
        parameter.value = expect(TokenKind::number, "in a pair").number;
        expect(TokenKind::comma, "in a pair");
        parameter.second = expect(TokenKind::number, "in a pair").number;
        expect(TokenKind::right_parenthesis, "after a pair of numbers");
        break;
    case ValueShape::fills: fills(parameter); break;
    case ValueShape::rights: rights_value(parameter); break;
    case ValueShape::slot:
        parameter.list = {static_cast<uint32_t>(module_.slot_references.size()), 1};
        module_.slot_references.push_back(slot_reference_in_parentheses());
        break;
    }
}

// Letters of rights, in one word or several.
void Parser::rights_value(SyntaxParameter& parameter) {
    Rights rights;
    const Token first = expect(TokenKind::identifier, "of rights (R, W, G, X, P)");
    for (Token letters = first;;) {
        const std::string meant = meant_rights(letters.text);
        if (meant != letters.text) {
            diagnostics_.error(letters.span, fmt::format("`{}` is not a set of rights", letters.text))
                .help("rights are R, W, G (or X) and P")
                .suggest(meant);
        }
        if (meant.empty()) {
            throw Mistake{};
        }
        rights = rights | *Rights::parse(meant);
        if (!at(TokenKind::identifier)) {
            break;
        }
        letters = take();
    }
    parameter.value = rights.bits();
    parameter.value_span = since(first.span);
}

void Parser::size_value(SyntaxParameter& parameter) {
    const Token number = expect(TokenKind::number, "of bytes");
    parameter.value = at(TokenKind::identifier) ? size_unit(number) : number.number;
}

void Parser::boolean_value(SyntaxParameter& parameter) {
    if (!at(TokenKind::identifier)) {
        fail("`True` or `False`");
    }
    const Token found = take();
    if (found.text != "True" && found.text != "False") {
        NearMiss meant(found.text);
        meant.offer("True");
        meant.offer("False");
        fail_unknown("`True` or `False`", found, meant);
    }
    parameter.value = found.text == "True" ? 1 : 0;
}

void Parser::trigger_value(SyntaxParameter& parameter) {
    if (at(TokenKind::number)) {
        parameter.value = take().number;
        return;
    }
    if (!at(TokenKind::identifier)) {
        fail("`level` or `edge`");
    }
    const Token found = take();
    if (found.text != "level" && found.text != "edge") {
        NearMiss meant(found.text);
        meant.offer("level");
        meant.offer("edge");
        fail_unknown("a trigger (level, edge)", found, meant);
    }
    parameter.value = found.text == "edge" ? 1 : 0;
}

void Parser::fills(SyntaxParameter& parameter) {
    expect(TokenKind::left_bracket, "before the content of a frame");
    std::vector<SyntaxFill> found;
    list(TokenKind::right_bracket, "`,` or `]` in the content of a frame", [&] { found.push_back(fill()); });
    parameter.list = {static_cast<uint32_t>(module_.fills.size()), static_cast<uint32_t>(found.size())};
    module_.fills.insert(module_.fills.end(), found.begin(), found.end());
}

// { offset length source ... }
SyntaxFill Parser::fill() {
    const Span begin = expect(TokenKind::left_brace, "before a part of a frame's content").span;
    SyntaxFill result{};
    result.offset = expect(TokenKind::number, "of bytes where the content goes").number;
    result.length = expect(TokenKind::number, "of bytes to fill").number;
    const Token source = expect(TokenKind::identifier, "of a source of content");
    const std::optional<FillSource> known = find_fill_source(source.text);
    if (!known) {
        NearMiss meant(source.text);
        for (const FillSource candidate :
             {FillSource::file, FillSource::device_tree, FillSource::bytes, FillSource::device_base,
              FillSource::device_start, FillSource::device_models, FillSource::handed_over, FillSource::restart_plan}) {
            meant.offer(word(candidate));
        }
        fail_unknown("a source of content for a frame", source, meant);
    }
    result.source = *known;
    switch (result.source) {
    case FillSource::file: {
        result.text = string_value(expect(TokenKind::string, "with the name of a file"));
        result.source_offset = expect(TokenKind::number, "of bytes to skip in the file").number;
        break;
    }
    case FillSource::device_tree:
    case FillSource::boot_info: {
        const Token kind = expect(TokenKind::identifier, "of a part of the boot information");
        if (kind.text == boot_info_word(FillSource::boot_info)) {
            result.source = FillSource::boot_info;
        } else if (kind.text != boot_info_word(FillSource::device_tree)) {
            NearMiss meant(kind.text);
            meant.offer(boot_info_word(FillSource::device_tree));
            meant.offer(boot_info_word(FillSource::boot_info));
            fail_unknown("a part of the boot information", kind, meant);
        }
        result.source_offset = expect(TokenKind::number, "of bytes to skip in that").number;
        break;
    }
    case FillSource::bytes: {
        result.text = intern(expect(TokenKind::string, "of hexadecimal digits"));
        break;
    }
    case FillSource::device_base: result.frame = name("of a device frame"); break;
    case FillSource::device_start:
        result.frame = name("of a device frame");
        result.source_offset = expect(TokenKind::number, "to add to").number;
        break;
    case FillSource::device_models:
        result.frame = name("of a device frame");
        result.source_offset = expect(TokenKind::number, "of bytes to skip").number;
        break;
    case FillSource::handed_over:
        result.source_offset = at(TokenKind::number) ? expect(TokenKind::number, "of bytes to skip").number : 0;
        break;
    case FillSource::restart_plan:
        result.frame = name("of an untyped");
        result.source_offset = expect(TokenKind::number, "of bytes to skip").number;
        break;
    }
    expect(TokenKind::right_brace, "after a part of a frame's content");
    result.span = since(begin);
    return result;
}

}  // namespace capdl
