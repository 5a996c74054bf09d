// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: what goes to whoever restarts a part of the system.
#include <algorithm>
#include <fmt/format.h>

#include "compile/compiler.hpp"

namespace capdl {

// A capability to an untyped that covers something is that untyped itself: no other could be made, since its memory is in
// use. Who has it can take all back.
bool Compiler::is_granted(const Capability& capability) const {
    return capability.object != ObjectId::none && model_[capability.object].type == ObjectType::ut &&
           std::ranges::any_of(model_.children_of(capability.object), [this](ObjectId child) {
               return !model_.has_place(child) && number(child) != image::none;
           });
}

void Compiler::compile_grant(const Capability& capability) {
    const auto [known, is_new] = grants_.emplace(capability.object, &capability);
    if (!is_new) {
        diagnostics_
            .error(capability.span, fmt::format("`{}` covers something, so one capability to it is all there can be",
                                                name(capability.object)))
            .note(known->second->span, "the other one");
    } else {
        plan_.grants.push_back(
            {.object = number(capability.object), .table = number(capability.container), .slot = capability.slot});
    }
}

const RestartPlan* Compiler::restart_plan(const Fill& fill) {
    const ObjectId untyped = fill.frame;
    if (untyped == ObjectId::none) {
        return nullptr;
    }
    const auto [known, is_new] = restart_plans_.try_emplace(untyped);
    if (is_new) {
        const auto holder = grants_.find(untyped);
        if (holder == grants_.end()) {
            diagnostics_.error(fill.span, fmt::format("nobody holds `{}`, to rebuild what it covers", name(untyped)))
                .help("put a capability to it into a table");
        } else if (!diagnostics_.has_errors()) {
            RestartPlanner planner({.model = model_, .plan = plan_, .extra_parents = extra_parents_}, untyped,
                                   holder->second->container, diagnostics_);
            known->second = planner.plan();
        }
    }
    return known->second.image.empty() ? nullptr : &known->second;
}

// Pages behind the end of the plan stay empty: a spec that has components makes room before it can know how much.
void Compiler::compile_restart_plan(const Fill& fill, image::FillRecord record) {
    const RestartPlan* plan = restart_plan(fill);
    if (plan == nullptr || fill.source_offset >= plan->image.size()) {
        return;
    }
    record.length = std::min(fill.length, plan->image.size() - fill.source_offset);
    record.value = plan_.contents.size();
    plan_.contents += plan->image.substr(fill.source_offset, record.length);
    plan_.contents.resize((plan_.contents.size() + 7) / 8 * 8);
    plan_.fills.push_back(record);
    for (const RestartPlan::Line& line : plan->lines) {
        if (line.offset >= fill.source_offset && line.offset < fill.source_offset + fill.length) {
            plan_.fills.push_back({.frame = record.frame,
                                   .kind = image::FillKind::line,
                                   .offset = fill.offset + (line.offset - fill.source_offset),
                                   .length = sizeof(uint32_t),
                                   .value = 0,
                                   .subject = line.handler,
                                   .executable = 0});
        }
    }
}

}  // namespace capdl
