// SPDX-License-Identifier: BSD-2-Clause
// Pictures of a system, as input for Graphviz.
#include "analysis/drawing.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "analysis/authority_flow.hpp"
#include "analysis/ownership.hpp"
#include "analysis/picture.hpp"
#include "compile/kernel_objects.hpp"

namespace capdl {
namespace {

std::string rights_text(Rights rights) {
    std::string text;
    text += rights.has(Rights::read) ? "R" : "";
    text += rights.has(Rights::write) ? "W" : "";
    text += rights.has(Rights::transfer) ? "G" : "";
    text += rights.has(Rights::reply) ? "P" : "";
    return text;
}

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
    const Rights out(static_cast<uint8_t>(rights.bits() & Rights::all & ~Rights::read));
    if (out != Rights()) {
        picture.arrow(part, object, rights_text(out));
    }
    if (in != Rights()) {
        picture.arrow(object, part, rights_text(in));
    }
}

/// Draws parts and what they have, each once.
class Scene {
public:
    Scene(const Model& model, const Ownership& parts) : model_(model), parts_(parts) {}

    Picture& picture() { return picture_; }
    std::string part(uint32_t number) {
        std::string name = number == Ownership::nobody ? "(no part)" : std::string(parts_.name(number));
        picture_.add({.id = name, .name = name, .what = "part"});
        return name;
    }
    void use(const Use& use) {
        const std::string name = model_.name_of(use.object);
        const std::string object = "object " + name;
        const ObjectType type = model_[use.object].type;
        const std::string user = part(use.part);
        picture_.add({.id = object, .name = name, .what = word(type), .shape = Picture::Shape::ellipse});
        add_use(picture_, user, object, type, use.rights);
    }

private:
    const Model& model_;
    const Ownership& parts_;
    Picture picture_;
};

}  // namespace

std::string draw_system(const Model& model) {
    const Ownership parts(model);
    const std::vector<Use> uses = uses_of(model, parts);
    const std::vector<bool> is_shared = shared_objects(model, parts, uses);
    Scene scene(model, parts);
    for (uint32_t part = 0; part < parts.count(); ++part) {
        scene.part(part);
    }
    for (const Use& use : uses) {
        if (is_shared[index_of(use.object)]) {
            scene.use(use);
        }
    }
    return scene.picture().text();
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
    Scene scene(model, parts);
    scene.picture().add({.id = std::string(name), .name = std::string(name), .what = "part", .is_centre = true});
    for (const Use& use : uses) {
        if (is_near[index_of(use.object)]) {
            scene.use(use);
        }
    }
    return scene.picture().text();
}

std::string draw_memory(const Model& model) {
    constexpr std::string_view all = "memory";
    const auto parent_of = [&](ObjectId id) {
        return model[id].untyped == ObjectId::none ? std::string(all) : model.name_of(model[id].untyped);
    };
    const auto bytes_of = [&](ObjectId id) {
        const std::optional<KernelObject> object = kernel_object(model, id);
        return object ? object->bytes() : 0;
    };
    std::map<std::string, Picture::Node> untypeds;
    untypeds.emplace(all,
                     Picture::Node{.id = std::string(all), .name = std::string(all), .what = "ut", .is_centre = true});
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model[id].type == ObjectType::ut) {
            const std::string name = model.name_of(id);
            const bool has_size = model.parameter(id, Parameter::bits) != nullptr;
            untypeds.emplace(
                name, Picture::Node{.id = name, .name = name, .what = "ut", .bytes = has_size ? bytes_of(id) : 0});
        }
    }
    std::vector<std::pair<std::string, std::string>> arrows;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model[id].type == ObjectType::ut) {
            arrows.emplace_back(parent_of(id), model.name_of(id));
        } else {
            Picture::Sum& sum = untypeds.at(parent_of(id)).content[word(model[id].type)];
            sum = {sum.count + 1, sum.bytes + bytes_of(id)};
        }
    }
    Picture picture;
    for (auto& [name, node] : untypeds) {
        picture.add(std::move(node));
    }
    for (const auto& [from, to] : arrows) {
        picture.arrow(from, to, {});
    }
    return picture.text();
}

}  // namespace capdl
