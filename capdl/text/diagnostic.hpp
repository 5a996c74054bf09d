// SPDX-License-Identifier: BSD-2-Clause
// What the compiler has to say about a spec: collected in one run, printed like a good compiler's.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/source.hpp"

namespace capdl {

enum class Severity : uint8_t { warning, error };

/// What is odd but can be built; each can be silenced by its name.
enum class Warning : uint8_t {
    leading_zero,
    missing_stack,
    no_device,
    no_effect,
    no_program,
    over_budget,
    shared_device,
    unreachable,
    unresolved_name,
    write_execute,
};
inline constexpr size_t warning_kinds = 10;
/// As it stands in brackets behind the message: `leading-zero`.
[[nodiscard]] std::string_view word(Warning warning);

/// One message: what is wrong and where, which other places are involved, what would be right.
class Diagnostic {
public:
    Severity severity;
    std::string_view warning_name;  ///< by which a warning is silenced; empty for errors
    Span span;
    std::string message;
    std::string hint;  ///< said beside the underline

    struct Note {
        Span span;
        std::string message;
    };
    std::vector<Note> notes;

    /// Says something about another place; without a place it stands alone.
    Diagnostic& note(Span where, std::string text) {
        notes.push_back({where, std::move(text)});
        return *this;
    }
    Diagnostic& help(std::string text) {
        hint = std::move(text);
        return *this;
    }
    /// Asks "did you mean ...?", if there is a candidate.
    Diagnostic& suggest(std::string_view candidate);
};

/// How warnings are treated.
struct WarningPolicy {
    bool strict = false;  ///< warnings count as errors
    std::set<std::string, std::less<>> silenced;
};

/// Collects the diagnostics of one run and prints them in the order of the text.
class Diagnostics {
public:
    explicit Diagnostics(const SourceMap& sources, WarningPolicy policy = {})
        : sources_(sources), policy_(std::move(policy)) {}

    Diagnostic& error(Span where, std::string message);
    Diagnostic& warning(Warning warning, Span where, std::string message);

    [[nodiscard]] bool has_errors() const { return error_count_ != 0; }
    [[nodiscard]] size_t error_count() const { return error_count_; }
    [[nodiscard]] size_t warning_count() const;

    enum class Colours : uint8_t { off, on };
    /// All messages with their source lines.
    [[nodiscard]] std::string render(Colours colours = Colours::off) const;
    /// The messages of several runs, one after the other, for a program, one JSON object:
    ///
    ///   {"diagnostics": [{"severity": "error"|"warning", "name": NAME, "message": TEXT, "hint": TEXT, PLACE,
    ///                     "notes": [{"message": TEXT, PLACE}]}], "errors": N, "warnings": N}
    ///
    /// PLACE is "file", "line", "column", "end_line" and "end_column", counted from 1, columns in characters, the end
    /// behind the last character; left out where there is no place. "name" is that of a warning, and as "hint" only
    /// there if there is one.
    [[nodiscard]] static std::string render_json(std::span<const Diagnostics* const> runs);
    [[nodiscard]] std::string render_json() const {
        const Diagnostics* const only = this;
        return render_json({&only, 1});
    }
    /// The messages in the order of the text.
    [[nodiscard]] std::vector<const Diagnostic*> in_order() const;

private:
    void render_place(std::string& out, Span span, std::string_view label, std::string_view message,
                      std::string_view hint, Colours colours) const;

    const SourceMap& sources_;
    WarningPolicy policy_;
    std::deque<Diagnostic> diagnostics_;
    Diagnostic discarded_{};  ///< where a silenced warning goes
    size_t error_count_ = 0;
};

}  // namespace capdl
