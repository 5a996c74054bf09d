// SPDX-License-Identifier: BSD-2-Clause
// Pictures of a system, as input for Graphviz.
#include "analysis/drawing.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "analysis/authority_flow.hpp"
#include "analysis/ownership.hpp"
#include "compile/kernel_objects.hpp"
#include "text/sizes.hpp"

namespace capdl {
namespace {

constexpr std::string_view head =
    "digraph system {\n"
    "  rankdir=LR; node [fontname=\"Helvetica\", fontsize=11]; edge [fontname=\"Helvetica\", fontsize=9];\n";

std::string quoted_label(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        result += c == '"' || c == '\\' ? "\\" : "";
        result += c;
    }
    return result + '"';
}

// A name without its digits.
std::string pattern_of(std::string_view name) {
    std::string pattern;
    for (const char c : name) {
        if (c < '0' || c > '9') {
            pattern += c;
        } else if (pattern.empty() || pattern.back() != '#') {
            pattern += '#';
        }
    }
    return pattern;
}

std::string rights_text(Rights rights) {
    std::string text;
    text += rights.has(Rights::read) ? "R" : "";
    text += rights.has(Rights::write) ? "W" : "";
    text += rights.has(Rights::transfer) ? "G" : "";
    text += rights.has(Rights::reply) ? "P" : "";
    return text;
}

/// Collects boxes, ellipses and arrows; arrows between the same two are one.
class Picture {
public:
    void box(const std::string& id, const std::string& label) {
        lines_.insert(fmt::format("  {} [shape=box, style=filled, fillcolor=\"#e8eef8\", label={}];\n",
                                  quoted_label(id), quoted_label(label)));
    }
    void ellipse(const std::string& id, const std::string& label) {
        lines_.insert(fmt::format("  {} [shape=ellipse, label={}];\n", quoted_label(id), quoted_label(label)));
    }
    void arrow(const std::string& from, const std::string& to, std::string_view label) {
        std::set<std::string>& labels = arrows_[{from, to}];
        if (!label.empty()) {
            labels.emplace(label);
        }
    }
    [[nodiscard]] std::string text() const {
        std::string out(head);
        for (const std::string& line : lines_) {
            out += line;
        }
        for (const auto& [ends, labels] : arrows_) {
            std::string label;
            for (const std::string& one : labels) {
                label += label.empty() ? one : ", " + one;
            }
            out += fmt::format("  {} -> {} [label={}];\n", quoted_label(ends.first), quoted_label(ends.second),
                               quoted_label(label));
        }
        return out + "}\n";
    }

private:
    std::set<std::string> lines_;
    std::map<std::pair<std::string, std::string>, std::set<std::string>> arrows_;
};

/// What one part has of an object.
struct Use {
    uint32_t part;
    ObjectId object;
    Rights rights;
    auto operator<=>(const Use& other) const { return std::pair(part, object) <=> std::pair(other.part, other.object); }
    bool operator==(const Use& other) const { return part == other.part && object == other.object; }
};

// Who has what of whom, one entry for each part and object.
std::vector<Use> uses_of(const Model& model, const Ownership& parts) {
    std::vector<Use> uses;
    for (const Capability& capability : model.capabilities) {
        if (capability.object != ObjectId::none) {
            uses.push_back(
                {parts.part_of(capability.container), capability.object, effective_rights(model, capability)});
        }
    }
    std::ranges::sort(uses, [](const Use& a, const Use& b) { return a < b; });
    std::vector<Use> merged;
    for (const Use& use : uses) {
        if (!merged.empty() && merged.back() == use) {
            merged.back().rights = merged.back().rights | use.rights;
        } else {
            merged.push_back(use);
        }
    }
    return merged;
}

std::vector<bool> shared_objects(const Model& model, const Ownership& parts, const std::vector<Use>& uses) {
    std::vector<uint32_t> only(model.objects.size(), Ownership::nobody);
    std::vector<bool> is_shared(model.objects.size(), false);
    std::vector<bool> is_used(model.objects.size(), false);
    for (const Use& use : uses) {
        const uint32_t object = index_of(use.object);
        const uint32_t owner = parts.part_of(use.object);
        is_shared[object] = is_shared[object] || (is_used[object] && only[object] != use.part) ||
                            owner == Ownership::nobody || owner != use.part;
        only[object] = use.part;
        is_used[object] = true;
    }
    return is_shared;
}

void add_use(Picture& picture, const std::string& part, const std::string& object, ObjectType type, Rights rights) {
    const bool carries = types_with_rights.contains(type);
    if (!carries) {
        picture.arrow(part, object, {});
        return;
    }
    const Rights in = rights & Rights(Rights::read);
    const Rights out(static_cast<uint8_t>(rights.bits() & ~Rights::read));
    if (out != Rights()) {
        picture.arrow(part, object, rights_text(out));
    }
    if (in != Rights()) {
        picture.arrow(object, part, rights_text(in));
    }
}

std::string object_label(const Model& model, ObjectId id) {
    return fmt::format("{}\n{}", model.name_of(id), word(model[id].type));
}

}  // namespace

std::string draw_system(const Model& model) {
    const Ownership parts(model);
    const std::vector<Use> uses = uses_of(model, parts);
    const std::vector<bool> is_shared = shared_objects(model, parts, uses);
    const auto shared_count = static_cast<size_t>(std::ranges::count(is_shared, true));
    const bool folds = parts.count() + shared_count > readable;

    std::map<std::string, size_t> members;
    const auto box_of = [&](std::string_view name) { return folds ? pattern_of(name) : std::string(name); };
    for (uint32_t part = 0; part < parts.count(); ++part) {
        ++members[box_of(parts.name(part))];
    }
    Picture picture;
    for (const auto& [box, count] : members) {
        picture.box(box, count == 1 ? box : fmt::format("{}\n{} parts", box, count));
    }
    for (const Use& use : uses) {
        if (!is_shared[index_of(use.object)]) {
            continue;
        }
        const std::string object = "object " + box_of(model.name_of(use.object));
        picture.ellipse(object, fmt::format("{}\n{}", box_of(model.name_of(use.object)), word(model[use.object].type)));
        const std::string part = use.part == Ownership::nobody ? "(no part)" : box_of(parts.name(use.part));
        add_use(picture, part, object, model[use.object].type, use.rights);
    }
    return picture.text();
}

std::optional<std::string> draw_surroundings(const Model& model, std::string_view name) {
    const Ownership parts(model);
    uint32_t part = 0;
    while (part < parts.count() && parts.name(part) != name) {
        ++part;
    }
    if (part == parts.count()) {
        return std::nullopt;
    }
    const std::vector<Use> uses = uses_of(model, parts);
    const std::vector<bool> is_shared = shared_objects(model, parts, uses);
    std::vector<bool> is_near(model.objects.size(), false);
    for (const Use& use : uses) {
        const bool is_own = parts.part_of(use.object) == part;
        const bool is_plain = model[use.object].type != ObjectType::frame || is_shared[index_of(use.object)];
        is_near[index_of(use.object)] = is_near[index_of(use.object)] || ((use.part == part || is_own) && is_plain);
    }
    Picture picture;
    for (const Use& use : uses) {
        if (!is_near[index_of(use.object)]) {
            continue;
        }
        const std::string user = use.part == Ownership::nobody ? "(no part)" : parts.name(use.part);
        const std::string object = "object " + model.name_of(use.object);
        picture.box(user, user);
        picture.ellipse(object, object_label(model, use.object));
        add_use(picture, user, object, model[use.object].type, use.rights);
    }
    picture.box(std::string(name), std::string(name));
    return picture.text();
}

std::string draw_memory(const Model& model) {
    Picture picture;
    const auto size_of = [&](ObjectId id) {
        const std::optional<KernelObject> object = kernel_object(model, id);
        return object ? object->bytes() : 0;
    };
    size_t untypeds = 0;
    for (const Object& object : model.objects) {
        untypeds += object.type == ObjectType::ut ? 1 : 0;
    }
    const bool folds = untypeds > readable;
    const auto box_of = [&](ObjectId id) { return folds ? pattern_of(model.name_of(id)) : model.name_of(id); };
    std::map<std::pair<std::string, ObjectType>, std::pair<uint64_t, uint64_t>> content;  // count, bytes
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const std::string parent = model[id].untyped == ObjectId::none ? "memory" : box_of(model[id].untyped);
        if (model[id].type == ObjectType::ut) {
            const bool has_size = model.parameter(id, Parameter::bits) != nullptr;
            picture.box(box_of(id),
                        has_size && !folds ? fmt::format("{}\n{}", box_of(id), size_text(size_of(id))) : box_of(id));
            picture.arrow(parent, box_of(id), {});
        } else {
            auto& [count, bytes] = content[{parent, model[id].type}];
            ++count;
            bytes += size_of(id);
        }
    }
    picture.box("memory", "memory");
    for (const auto& [place, sum] : content) {
        const auto& [parent, type] = place;
        const std::string id = fmt::format("{} {}", parent, word(type));
        picture.ellipse(id, fmt::format("{} {}\n{}", sum.first, word(type), size_text(sum.second)));
        picture.arrow(parent, id, {});
    }
    return picture.text();
}

}  // namespace capdl
