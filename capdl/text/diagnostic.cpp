// SPDX-License-Identifier: BSD-2-Clause
// What the compiler has to say about a spec: collected in one run, printed like a good compiler's.
#include "text/diagnostic.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "text/unicode.hpp"

namespace capdl {
namespace {

struct Palette {
    std::string_view strong, error, warning, note, plain;
};

constexpr Palette coloured{"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;36m", "\x1b[0m"};
constexpr Palette colourless{"", "", "", "", ""};

constexpr bool continues_character(char byte) { return (byte & 0xC0) == 0x80; }

size_t character_count(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(text, [](char byte) { return !continues_character(byte); }));
}

// What puts the underline below the right column: tabs stay tabs, all else becomes blanks.
std::string indent_like(std::string_view text) {
    std::string indent;
    for (const char byte : text) {
        if (byte == '\t') {
            indent += '\t';
        } else if (!continues_character(byte)) {
            indent += ' ';
        }
    }
    return indent;
}

// As much of a line as is of use around a place in it.
struct Excerpt {
    std::string_view before;  // in front of the place
    std::string_view rest;
    bool begins_later;
    bool ends_earlier;
};

Excerpt excerpt(const Place& place) {
    constexpr size_t most_before = 160;
    constexpr size_t most_after = 160;
    Excerpt result{place.line_text.substr(0, place.offset_in_line), place.line_text.substr(place.offset_in_line), false,
                   false};
    if (result.before.size() > most_before) {
        size_t cut = result.before.size() - most_before;
        while (cut < result.before.size() && continues_character(result.before[cut])) {
            ++cut;
        }
        result.before.remove_prefix(cut);
        result.begins_later = true;
    }
    if (result.rest.size() > most_after) {
        size_t end = most_after;
        while (end > 0 && continues_character(result.rest[end])) {
            --end;
        }
        result.rest = result.rest.substr(0, end);
        result.ends_earlier = true;
    }
    return result;
}

}  // namespace

std::string_view word(Warning warning) {
    switch (warning) {
    case Warning::leading_zero: return "leading-zero";
    case Warning::missing_stack: return "missing-stack";
    case Warning::no_device: return "no-device";
    case Warning::no_effect: return "no-effect";
    case Warning::no_program: return "no-program";
    case Warning::over_budget: return "over-budget";
    case Warning::shared_device: return "shared-device";
    case Warning::unreachable: return "unreachable";
    case Warning::unresolved_name: return "unresolved-name";
    case Warning::write_execute: return "write-execute";
    }
    return {};
}

Diagnostic& Diagnostic::suggest(std::string_view candidate) {
    if (!candidate.empty()) {
        hint = fmt::format("did you mean `{}`?", candidate);
    }
    return *this;
}

Diagnostic& Diagnostics::error(Span where, std::string message) {
    ++error_count_;
    return diagnostics_.emplace_back(Diagnostic{Severity::error, {}, where, std::move(message), {}, {}});
}

Diagnostic& Diagnostics::warning(Warning warning, Span where, std::string message) {
    const std::string_view name = word(warning);
    if (policy_.silenced.contains(name)) {
        return discarded_ = {};
    }
    if (policy_.strict) {
        ++error_count_;
    }
    const Severity severity = policy_.strict ? Severity::error : Severity::warning;
    return diagnostics_.emplace_back(Diagnostic{severity, name, where, std::move(message), {}, {}});
}

size_t Diagnostics::warning_count() const {
    return static_cast<size_t>(std::ranges::count(diagnostics_, Severity::warning, &Diagnostic::severity));
}

void Diagnostics::render_place(std::string& out, Span span, std::string_view label, std::string_view message,
                               std::string_view hint, Colours colours) const {
    const Palette& palette = colours == Colours::on ? coloured : colourless;
    const std::string_view label_colour = label == "error"  ? palette.error
                                          : label == "note" ? palette.note
                                                            : palette.warning;
    if (!span.exists()) {
        out += fmt::format("{}{}:{} {}\n", label_colour, label, palette.plain, printable(message));
        if (!hint.empty()) {
            out += fmt::format("      {}\n", printable(hint));
        }
        return;
    }
    const Place place = sources_.place(span);
    out += fmt::format("{}{}:{}:{}:{} {}{}:{} {}\n", palette.strong, printable(place.path), place.line, place.column,
                       palette.plain, label_colour, label, palette.plain, printable(message));

    const Excerpt shown = excerpt(place);
    const size_t width = std::max<size_t>(character_count(printable(shown.rest.substr(0, span.length))), 1);
    const std::string before = printable(shown.before);
    const std::string_view cut_before = shown.begins_later ? "... " : "";
    const std::string_view cut_after = shown.ends_earlier ? " ..." : "";
    out += fmt::format("{:5} | {}{}{}{}\n", place.line, cut_before, before, printable(shown.rest), cut_after);
    out += fmt::format("      | {}{}{}^{}{}", indent_like(cut_before), indent_like(before), label_colour,
                       std::string(width - 1, '~'), palette.plain);
    out += hint.empty() ? "\n" : fmt::format(" {}\n", printable(hint));
}

std::vector<const Diagnostic*> Diagnostics::in_order() const {
    std::vector<std::pair<uint32_t, size_t>> order;
    order.reserve(diagnostics_.size());
    for (size_t index = 0; index < diagnostics_.size(); ++index) {
        order.emplace_back(diagnostics_[index].span.begin, index);
    }
    std::ranges::sort(order);
    std::vector<const Diagnostic*> all;
    all.reserve(order.size());
    for (const auto [begin, index] : order) {
        all.push_back(&diagnostics_[index]);
    }
    return all;
}

std::string Diagnostics::render(Colours colours) const {
    std::string out;
    for (const Diagnostic* each : in_order()) {
        const Diagnostic& diagnostic = *each;
        const std::string message = diagnostic.warning_name.empty()
                                        ? diagnostic.message
                                        : fmt::format("{} [{}]", diagnostic.message, diagnostic.warning_name);
        render_place(out, diagnostic.span, diagnostic.severity == Severity::error ? "error" : "warning", message,
                     diagnostic.hint, colours);
        for (const Diagnostic::Note& note : diagnostic.notes) {
            render_place(out, note.span, "note", note.message, {}, colours);
        }
    }
    return out;
}

}  // namespace capdl
