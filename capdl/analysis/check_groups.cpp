// SPDX-License-Identifier: BSD-2-Clause
// Judges a spec by itself: whether groups can be taken away without taking from others.
#include <fmt/format.h>

#include "analysis/checker.hpp"

namespace capdl {

// By object: the group in whose untyped it lies.
std::vector<const RestartGroup*> Checker::groups_of_objects() const {
    std::vector<const RestartGroup*> result(model_.objects.size(), nullptr);
    std::vector<ObjectId> open;
    for (const RestartGroup& group : model_.groups) {
        open.push_back(group.home);
        while (!open.empty()) {
            const ObjectId untyped = open.back();
            open.pop_back();
            result[index_of(untyped)] = &group;
            for (const ObjectId child : model_.children_of(untyped)) {
                result[index_of(child)] = &group;
                if (model_[child].type == ObjectType::ut) {
                    open.push_back(child);
                }
            }
        }
    }
    return result;
}

// Others reach a group through what survives it. Its supervisor alone may hold what goes away, since it knows when.
void Checker::check_groups() {
    if (model_.groups.empty()) {
        return;
    }
    const std::vector<const RestartGroup*> groups = groups_of_objects();
    const auto group_of = [&](ObjectId id) { return id == ObjectId::none ? nullptr : groups[index_of(id)]; };
    for (const Capability& capability : model_.capabilities) {
        const RestartGroup* holder = group_of(capability.container);
        const RestartGroup* group = group_of(capability.object);
        const bool is_parents = group == nullptr && capability.parent != CapabilityId::none;
        if (is_parents) {
            group = group_of(model_[capability.parent].container);
        }
        if (group == nullptr || group == holder ||
            (group->supervisor != no_index && model_[capability.container].component == group->supervisor)) {
            continue;
        }
        const std::string_view group_name = model_.text(group->name);
        const std::string what =
            is_parents ? "the parent of this capability" : fmt::format("`{}`", name(capability.object));
        diagnostics_
            .error(capability.span, fmt::format("{} goes away when the group `{}` is restarted, but `{}` is not in it",
                                                what, group_name, name(capability.container)))
            .note(group->span, "the group")
            .help("what others share with a group is declared in `objects`");
    }
}

}  // namespace capdl
