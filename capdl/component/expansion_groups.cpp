// SPDX-License-Identifier: BSD-2-Clause
// Turns components into the objects and capabilities that they stand for: groups of them.
#include <algorithm>
#include <fmt/format.h>

#include "component/expansion.hpp"
#include "text/near_miss.hpp"

namespace capdl {

void ComponentExpansion::declare_groups() {
    for (const SyntaxGroup& group : module_.groups) {
        declare_group(group);
    }
}

void ComponentExpansion::declare_group(const SyntaxGroup& group) {
    const Name home_name = model_.names().intern(fmt::format("{}.home", model_.text(group.name)));
    if (const Declaration* known = model_.find(home_name)) {
        diagnostics_
            .error(group.name_span, fmt::format("there is a component or group `{}` already", model_.text(group.name)))
            .note(known->span, "first here");
        return;
    }
    RestartGroup result{.name = group.name, .home = ObjectId::none, .span = group.name_span};
    result.home =
        model_.declare({.type = ObjectType::ut, .name = home_name, .span = group.name_span}, Model::Form::single, 1);
    const Part* supervisor = group.supervisor.name == Name::none ? nullptr : part_of(group.supervisor);
    for (const SyntaxName& name : Module::part(module_.names, group.members)) {
        const Part* member = part_of(name);
        if (member == nullptr) {
            continue;
        }
        if (member == supervisor) {
            diagnostics_.error(group.supervisor.span, fmt::format("`{}` would have to restart itself", member->prefix))
                .note(name.span, "it is in the group");
        }
        if (const ObjectId other = model_[member->home].untyped; other != ObjectId::none) {
            diagnostics_.error(name.span, fmt::format("`{}` is in a group already", member->prefix))
                .note(model_[other].span, "in this one");
            continue;
        }
        model_.cover(result.home, member->home);
    }
    result.supervisor = supervisor == nullptr ? no_index : supervisor->index;
    model_.groups.push_back(result);
}

const ComponentExpansion::Part* ComponentExpansion::part_of(const SyntaxName& name) {
    const auto found = std::ranges::find(parts_, model_.text(name.name), &Part::prefix);
    if (found != parts_.end()) {
        return &*found;
    }
    if (model_.is_lost(model_.text(name.name))) {
        return nullptr;
    }
    NearMiss meant(model_.text(name.name));
    for (const Part& part : parts_) {
        meant.offer(part.prefix);
    }
    diagnostics_.error(name.span, fmt::format("there is no component `{}`", model_.text(name.name)))
        .suggest(meant.best());
    return nullptr;
}

}  // namespace capdl
