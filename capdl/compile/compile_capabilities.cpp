// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: what stands in the components' tables.
#include <algorithm>
#include <fmt/format.h>

#include "compile/compiler.hpp"

namespace capdl {

void Compiler::compile_capabilities() {
    // Children come after their parents: by depth in the derivation tree, otherwise in order of table and slot.
    const std::vector<uint32_t> depth = derivation_depths();
    const uint32_t deepest = depth.empty() ? 0 : *std::ranges::max_element(depth);
    if (deepest > abi::derivation_depth) {
        const auto at = static_cast<size_t>(std::ranges::max_element(depth) - depth.begin());
        diagnostics_.error(model_.capabilities[at].span,
                           fmt::format("a derivation {} deep; the kernel allows {}", deepest, abi::derivation_depth));
        return;
    }
    std::vector<std::vector<image::CapabilityRecord>> levels(deepest + size_t{1});
    for (size_t index = 0; index < depth.size(); ++index) {
        const Capability& capability = model_.capabilities[index];
        if (model_[capability.container].type == ObjectType::cnode && number(capability.container) != image::none &&
            !model_.is_interrupt(capability.container)) {
            compile_capability(capability, levels[depth[index]]);
        }
    }
    compile_replies(levels.front());
    plan_.extra_count = static_cast<uint32_t>(extras_.size());
    plan_.capabilities = std::move(extras_);
    for (const std::vector<image::CapabilityRecord>& level : levels) {
        plan_.capabilities.insert(plan_.capabilities.end(), level.begin(), level.end());
    }
}

std::vector<uint32_t> Compiler::derivation_depths() const {
    std::vector<uint32_t> depth(model_.capabilities.size(), 0);
    std::vector<size_t> chain;
    for (size_t index = 0; index < depth.size(); ++index) {
        chain.clear();
        size_t at = index;
        while (depth[at] == 0 && model_.capabilities[at].parent != CapabilityId::none) {
            chain.push_back(at);
            at = index_of(model_.capabilities[at].parent);
        }
        uint32_t above = depth[at];
        for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
            depth[*link] = ++above;
        }
    }
    return depth;
}

void Compiler::compile_capability(const Capability& capability, std::vector<image::CapabilityRecord>& records) {
    if (capability.authority == Authority::remaining_untyped) {
        return;  // see compile_handovers.cpp
    }
    if (is_granted(capability)) {
        compile_grant(capability);
        return;
    }
    uint32_t source = image::none;
    if (capability.object == ObjectId::none) {
        source = authority_source(capability);
    } else if (model_[capability.object].type == ObjectType::arm_sgi_signal) {
        source = software_interrupt_source(capability);
    } else if (has_no_object(model_[capability.object].type)) {
        return;
    } else if (capability.reply != ReplyKind::none) {
        diagnostics_
            .error(capability.span,
                   "a reply capability stands for a caller that waits, and nobody has called before the start")
            .help("use a reply object (rtreply)");
    } else if (placement_.is_folded(capability.object)) {
        diagnostics_.error(capability.span,
                           fmt::format("`{}` is one table with the pgd above it, so nobody can hold it alone",
                                       name(capability.object)));
    } else {
        source = number(capability.object);
    }
    if (source == image::none) {
        return;
    }
    image::CapabilityRecord record{.table = number(capability.container),
                                   .source_table = image::none,
                                   .slot = capability.slot,
                                   .source = source,
                                   .count = 1,
                                   .rights = rights_of(capability),
                                   .badge = badge_of(model_, capability)};
    if (capability.parent != CapabilityId::none) {
        const Capability& parent = model_[capability.parent];
        if (!can_derive(capability, parent)) {
            return;
        }
        record.source_table = number(parent.container);
        record.source = parent.slot;
        if (record.badge == badge_of(model_, parent)) {
            record.badge = 0;  // it is inherited
        }
    }
    if (!records.empty()) {
        image::CapabilityRecord& run = records.back();
        if (run.table == record.table && run.source_table == record.source_table &&
            run.slot + run.count == record.slot && run.source + run.count == record.source &&
            run.rights == record.rights && run.badge == record.badge) {
            ++run.count;
            return;
        }
    }
    records.push_back(record);
}

uint32_t Compiler::authority_source(const Capability& capability) {
    switch (capability.authority) {
    case Authority::irq_control: return image::interrupt_control;
    case Authority::power_control: return image::power_control;
    case Authority::sched_control:
        if (capability.word != 0) {
            diagnostics_
                .error(capability.span,
                       fmt::format("the kernel runs threads on core 0 only, not on core {}", capability.word))
                .help("the other cores are started, and idle");
            return image::none;
        }
        return image::schedule_control;
    case Authority::asid_control:
        diagnostics_.warning(Warning::no_effect, capability.span, "`asid_control` carries nothing here");
        return image::none;
    case Authority::none:
    case Authority::domain:
    case Authority::io_space_master:
    case Authority::remaining_untyped: break;
    case Authority::sgi_signal: return software_interrupt_source(capability);
    }
    diagnostics_.error(capability.span, fmt::format("the kernel has no `{}`", word(capability.authority)));
    return image::none;
}

// What raises an interrupt by software is interrupt control with a badge that says which: see badge_of.
uint32_t Compiler::software_interrupt_source(const Capability& capability) {
    const uint64_t badge = badge_of(model_, capability);
    if (badge != 0 && badge <= abi::last_software_line) {
        return image::interrupt_control;
    }
    diagnostics_.error(capability.span, "the kernel raises the interrupts 1 to 15 of core 0 by software")
        .help("it has interrupt 0 for itself, and runs threads on core 0 only");
    return image::none;
}

// Whether the kernel can derive one from the other; reports why not.
bool Compiler::can_derive(const Capability& child, const Capability& parent) {
    std::string reason;
    const uint64_t parent_badge = badge_of(model_, parent);
    if (child.object != parent.object || child.authority != parent.authority) {
        reason = "it is a capability to something else";
    } else if (model_[parent.container].type != ObjectType::cnode) {
        reason = fmt::format("it is in a slot of {}", describe(model_[parent.container].type));
    } else if ((rights_of(child) & ~rights_of(parent)) != 0) {
        reason = "it has fewer rights";
    } else if (parent_badge != 0 && parent_badge != badge_of(model_, child)) {
        reason = "it has another badge or guard";
    } else {
        return true;
    }
    diagnostics_.error(child.span, "this capability cannot be derived from the parent that the spec gives it")
        .note(parent.span, fmt::format("this is the parent; {}", reason));
    return false;
}

}  // namespace capdl
