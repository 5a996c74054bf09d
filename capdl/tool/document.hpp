// SPDX-License-Identifier: BSD-2-Clause
// A spec that is open in an editor: what stands where, and what it means.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/syntax.hpp"
#include "tool/compilation.hpp"

namespace capdl {

/// One text with its meaning, and that of the files that it includes. Places are offsets in bytes from the beginning of
/// their file.
class Document {
public:
    Document(std::string path, std::string text);

    /// A name in the text, and what kind of thing it names.
    struct Mention {
        enum class Kind : uint8_t { object, capability, component };
        Kind kind;
        Name name;
        size_t begin;
        size_t length;
        Span file = {};  ///< an included file; does not exist: the text itself
    };

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] Compilation& compilation() { return *compilation_; }
    /// The text and the path of the file that something is mentioned in.
    [[nodiscard]] std::string_view text_around(const Mention& mention) const {
        return mention.file.exists() ? sources_.text(mention.file) : std::string_view(text_);
    }
    [[nodiscard]] std::string path_around(const Mention& mention) const {
        return mention.file.exists() ? std::string(sources_.place(mention.file).path) : path_;
    }
    /// The name at a place of the text itself.
    [[nodiscard]] std::optional<Mention> mention_at(size_t offset) const;
    /// Where a name is declared.
    [[nodiscard]] std::optional<Mention> definition(const Mention& mention) const;
    /// What there is to say about a name, as Markdown; empty if nothing is known.
    [[nodiscard]] std::string explanation(const Mention& mention) const;
    /// All places to change if a name is to be another one; empty if it cannot be.
    [[nodiscard]] std::vector<Mention> places_of(const Mention& mention) const;
    /// The text laid out afresh; nothing if it has mistakes.
    [[nodiscard]] std::optional<std::string> formatted() const;

private:
    void collect(const Module& module);
    void collect_capabilities(const Module& module);
    void collect_components(const Module& module);
    void add(Mention::Kind kind, const SyntaxName& name);
    void add(Mention::Kind kind, Name name, Span span);
    void add(const SyntaxSlotReference& reference);
    [[nodiscard]] Mention mention(Mention::Kind kind, Name name, Span span, size_t length) const;
    [[nodiscard]] std::string_view text_of(Name name) const { return names_.text(name); }

    std::string path_;
    std::string text_;
    std::unique_ptr<Compilation> compilation_;
    SourceMap sources_;
    NameTable names_;
    std::vector<Span> files_;        ///< in the source map: the text itself, then what it includes
    std::vector<Mention> mentions_;  ///< in order of the text
    std::vector<Mention> declared_;
    std::vector<Name> own_;  ///< names that a component gives to objects of its own
};

}  // namespace capdl
