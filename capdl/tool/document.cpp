// SPDX-License-Identifier: BSD-2-Clause
// A spec that is open in an editor: what stands where, and what it means.
#include "tool/document.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "analysis/influence.hpp"
#include "language/formatter.hpp"
#include "language/parser.hpp"
#include "model/printer.hpp"
#include "tool/included_files.hpp"

namespace capdl {
namespace {

constexpr size_t most_lines = 40;  // of an explanation

using Kind = Document::Mention::Kind;

/// Remembers which files were opened.
class SeenFiles final : public IncludedFiles {
public:
    SeenFiles(SourceMap& sources, Diagnostics& diagnostics, std::vector<Span>& seen)
        : IncludedFiles(sources, diagnostics), seen_(seen) {}

    std::optional<Span> open(std::string_view name, Span where) override {
        const std::optional<Span> text = IncludedFiles::open(name, where);
        if (text) {
            seen_.push_back(*text);
        }
        return text;
    }

private:
    std::vector<Span>& seen_;
};

std::string first_word(std::string_view name) { return std::string(name.substr(0, name.find('.'))); }

}  // namespace

Document::Document(std::string path, std::string text)
    : path_(std::move(path)),
      text_(std::move(text)),
      compilation_(std::make_unique<Compilation>(WarningPolicy{}, std::nullopt)) {
    compilation_->run(path_, text_);
    const Span all = sources_.add(path_, text_);
    files_.push_back(all);
    Diagnostics said_already(sources_);
    SeenFiles included(sources_, said_already, files_);
    collect(Parser(sources_, all, names_, said_already, &included).parse());
}

// --- What stands where -------------------------------------------------------------------------------------------------

void Document::add(Mention::Kind kind, Name name, Span span) {
    if (span.exists() && name != Name::none) {
        mentions_.push_back(mention(kind, name, span, text_of(name).size()));
    }
}

Document::Mention Document::mention(Mention::Kind kind, Name name, Span span, size_t length) const {
    const auto holds = [&](Span file) { return span.begin >= file.begin && span.begin <= file.end(); };
    const auto file = std::ranges::find_if(files_, holds);
    const bool is_own = file == files_.begin();
    return {kind, name, span.begin - file->begin, length, is_own ? Span{} : *file};
}

void Document::add(Mention::Kind kind, const SyntaxName& name) { add(kind, name.name, name.span); }

void Document::add(const SyntaxSlotReference& reference) {
    add(reference.slot ? Kind::object : Kind::capability, reference.name);
}

void Document::collect(const Module& module) {
    for (const SyntaxObject& object : module.objects) {
        const std::span<const SyntaxName> path = Module::part(module.names, object.path);
        for (const SyntaxName& name : path) {
            add(Kind::object, name);
        }
        if (!object.is_reference) {
            declared_.push_back(mentions_.back());
        }
    }
    for (const SyntaxInterrupt& interrupt : module.interrupts) {
        add(Kind::object, interrupt.name);
    }
    for (const SyntaxFill& fill : module.fills) {
        add(Kind::object, fill.frame);
    }
    collect_capabilities(module);
    collect_components(module);
    for (const SyntaxGroup& group : module.groups) {
        for (const SyntaxName& name : Module::part(module.names, group.members)) {
            add(Kind::object, name);
        }
        add(Kind::object, group.supervisor);
    }
    for (const SyntaxPolicy& policy : module.policies) {
        for (const Slice& slice : {policy.from, policy.to, policy.through}) {
            for (const SyntaxName& name : Module::part(module.names, slice)) {
                add(Kind::object, name);
            }
        }
    }
    std::ranges::sort(mentions_, {}, &Mention::begin);
}

void Document::collect_capabilities(const Module& module) {
    for (const SyntaxContainer& container : module.containers) {
        add(Kind::object, container.name);
    }
    for (const SyntaxCapability& capability : module.capabilities) {
        if (capability.own_name.name != Name::none) {
            add(Kind::capability, capability.own_name);
            declared_.push_back(mentions_.back());
        }
        add(capability.is_copy ? Kind::capability : Kind::object, capability.target);
        if (capability.parent) {
            add(*capability.parent);
        }
    }
    for (const SyntaxCapabilityName& name : module.capability_names) {
        add(Kind::capability, name.name, name.name_span);
        declared_.push_back(mentions_.back());
        add(name.slot);
    }
    for (const SyntaxDerivation& derivation : module.derivations) {
        add(derivation.slot);
    }
    for (const SyntaxSlotReference& reference : module.slot_references) {
        add(reference);
    }
}

void Document::collect_components(const Module& module) {
    for (const SyntaxComponent& component : module.components) {
        add(Kind::component, component.name, component.name_span);
        declared_.push_back(mentions_.back());
        for (const SyntaxGift& gift : Module::part(module.gifts, component.gifts)) {
            if (gift.kind == SyntaxGift::Kind::own_object) {
                const Name name = names_.intern(fmt::format("{}.{}", text_of(component.name), text_of(gift.name)));
                own_.push_back(name);
                declared_.push_back(mention(Kind::object, name, gift.name_span, text_of(gift.name).size()));
                mentions_.push_back(declared_.back());
            } else if (gift.kind != SyntaxGift::Kind::argument) {
                add(Kind::object, gift.target);
            }
        }
    }
}

std::optional<Document::Mention> Document::mention_at(size_t offset) const {
    for (const Mention& mention : mentions_) {
        if (!mention.file.exists() && offset >= mention.begin && offset <= mention.begin + mention.length) {
            return mention;
        }
    }
    return std::nullopt;
}

std::optional<Document::Mention> Document::definition(const Mention& mention) const {
    for (const Mention& declared : declared_) {
        if (declared.name == mention.name &&
            (declared.kind == mention.kind || (declared.kind == Kind::component && mention.kind == Kind::object))) {
            return declared;
        }
    }
    // What a component is made of is declared with it.
    const std::string component = first_word(text_of(mention.name));
    for (const Mention& declared : declared_) {
        if (declared.kind == Kind::component && text_of(declared.name) == component) {
            return declared;
        }
    }
    return std::nullopt;
}

// --- What it means -----------------------------------------------------------------------------------------------------

std::string Document::explanation(const Mention& mention) const {
    if (mention.kind == Kind::capability) {
        return {};
    }
    const Model& model = std::as_const(*compilation_).model();
    std::string name(text_of(mention.name));
    if (mention.kind == Kind::component) {
        name += ".cnode";
    }
    const Declaration* known = model.find(model.names().find(name));
    if (known == nullptr) {
        return {};
    }
    std::string out = fmt::format("`{}`: {}", name, describe(model[known->first].type));
    out += known->is_array ? fmt::format(", {} of them\n", known->count) : "\n";
    size_t lines = 0;
    const auto line = [&](const std::string& text) {
        if (lines++ < most_lines) {
            out += fmt::format("\n- {}", text);
        }
    };
    for (const Capability& capability : model.slots_of(known->first)) {
        line(describe(model, model.id_of(&capability)));
    }
    for (const Capability& capability : model.capabilities) {
        if (capability.object != ObjectId::none && model[capability.object].name == model[known->first].name &&
            capability.container != known->first) {
            line(describe(model, model.id_of(&capability)));
        }
    }
    out += lines > most_lines ? fmt::format("\n- and {} more", lines - most_lines) : "";
    return out + '\n';
}

std::vector<Document::Mention> Document::places_of(const Mention& mention) const {
    std::vector<Mention> places;
    const std::string_view name = text_of(mention.name);
    const bool is_component = std::ranges::any_of(declared_, [&](const Mention& declared) {
        return declared.kind == Kind::component && declared.name == mention.name;
    });
    const std::optional<Mention> declared = definition(mention);
    // Parts of a component are called after it.
    if (!declared || (!is_component && declared->kind == Kind::component) ||
        std::ranges::find(own_, mention.name) != own_.end()) {
        return places;
    }
    for (const Mention& other : mentions_) {
        if (other.name == mention.name && (is_component || other.kind == mention.kind)) {
            places.push_back(other);
        } else if (is_component && other.kind == Kind::object && other.length == text_of(other.name).size() &&
                   text_of(other.name).starts_with(std::string(name) + '.')) {
            places.push_back({other.kind, other.name, other.begin, name.size(), other.file});
        }
    }
    return places;
}

std::optional<std::string> Document::formatted() const {
    Compilation fresh({}, std::nullopt);
    std::optional<Compilation::Formatted> result = fresh.format(path_, text_);
    return result ? std::optional(std::move(result->after)) : std::nullopt;
}

}  // namespace capdl
