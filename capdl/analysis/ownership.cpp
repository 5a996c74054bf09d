// SPDX-License-Identifier: BSD-2-Clause
// Which part of a system each object belongs to.
#include "analysis/ownership.hpp"

namespace capdl {

Ownership::Ownership(const Model& model) : model_(model), part_(model.objects.size(), nobody) {
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const Object& object = model.objects[index];
        if (object.component != no_index) {
            part_[index] = part_named(model.text(model.components[object.component].name));
        } else if (const std::string_view name = natural_name(static_cast<ObjectId>(index)); !name.empty()) {
            part_[index] = part_named(name);
        }
    }
}

std::string_view Ownership::natural_name(ObjectId id) const {
    ObjectId outermost = id;
    while (model_[outermost].untyped != ObjectId::none) {
        outermost = model_[outermost].untyped;
    }
    const std::string_view name = model_.text(model_[outermost].name);
    const size_t dot = name.find('.');
    if (dot != std::string_view::npos && dot != 0) {
        return name.substr(0, dot);
    }
    return outermost != id || model_[id].children.count != 0 ? name : std::string_view{};
}

uint32_t Ownership::part_named(std::string_view name) {
    const auto [known, is_new] = known_.emplace(name, static_cast<uint32_t>(names_.size()));
    if (is_new) {
        names_.emplace_back(name);
    }
    return known->second;
}

}  // namespace capdl
