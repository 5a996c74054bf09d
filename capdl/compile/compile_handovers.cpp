// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: who gets the memory that is left, and where that is described.
#include <algorithm>
#include <fmt/format.h>

#include "compile/compiler.hpp"

namespace capdl {

// Those with a quota are served first, so that the one without gets the rest, whatever their order in the spec.
void Compiler::plan_handovers() {
    const Capability* whole = nullptr;
    for (const Capability& capability : model_.capabilities) {
        if (capability.authority != Authority::remaining_untyped || number(capability.container) == image::none) {
            continue;
        }
        if (capability.word != 0) {
            handovers_.push_back(&capability);
        } else if (whole == nullptr) {
            whole = &capability;
        } else {
            diagnostics_.error(capability.span, "all the remaining memory can go to one component")
                .note(whole->span, "the other one")
                .help("a `quota` says how much one of them gets");
        }
    }
    if (whole != nullptr) {
        handovers_.push_back(whole);
    }
    descriptions_.assign(handovers_.size(), nullptr);
    for (const Capability* capability : handovers_) {
        const std::span<const Capability> slots = model_.slots_of(capability->container);
        const auto next = std::ranges::upper_bound(slots, capability->slot, {}, &Capability::slot);
        const uint64_t table_size = uint64_t{1} << model_.value(capability->container, Parameter::bits).value_or(0);
        plan_.handovers.push_back({.table = number(capability->container),
                                   .reserved = 0,
                                   .slot = capability->slot,
                                   .slots = (next == slots.end() ? table_size : next->slot) - capability->slot,
                                   .quota = capability->word});
    }
}

// A component's description is of what that component gets. Outside of components it is of the only memory that is handed
// over, or of what goes to a table that the same untyped covers, as in a spec whose components have been expanded.
void Compiler::compile_description(const Fill& fill, ObjectId frame, image::FillRecord& record) {
    const auto is_its = [&](const Capability* capability) {
        const Object& table = model_[capability->container];
        const bool is_covered = model_[frame].untyped != ObjectId::none && table.untyped == model_[frame].untyped;
        const bool is_beside = model_[frame].component != no_index || handovers_.size() == 1 || is_covered;
        return table.component == model_[frame].component && is_beside;
    };
    const auto handover = std::ranges::find_if(handovers_, is_its);
    if (handover == handovers_.end()) {
        diagnostics_.error(fill.span, "this describes memory that nobody is handed")
            .help("a capability `remaining_untyped` hands it over");
        return;
    }
    if (std::ranges::count_if(handovers_, is_its) > 1) {
        diagnostics_.error(fill.span, "it is open which of the handed over memory this describes")
            .help("a component has a description of its own");
        return;
    }
    record.kind = image::FillKind::handed_over;
    record.value = fill.source_offset;
    record.subject = static_cast<uint32_t>(handover - handovers_.begin());
    const Fill*& description = descriptions_[record.subject];
    if (description != nullptr && fill.source_offset == description->source_offset) {
        diagnostics_.error(fill.span, "the memory that is handed over is described in one place")
            .note(description->span, "the other one");
    }
    description = &fill;
}

}  // namespace capdl
