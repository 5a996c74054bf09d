// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: the Reply objects that a classic spec, which knows none, needs.
#include <algorithm>
#include <fmt/format.h>

#include "compile/compiler.hpp"

namespace capdl {

// A thread that can receive from an endpoint gets one, in the last empty slot of its table.
void Compiler::plan_reply(ObjectId thread, ObjectId table) {
    const std::span<const Capability> slots = model_.slots_of(table);
    const bool receives = std::ranges::any_of(slots, [this](const Capability& capability) {
        return capability.object != ObjectId::none && model_[capability.object].type == ObjectType::ep &&
               capability.rights.has(Rights::read);
    });
    if (!receives) {
        return;
    }
    const std::optional<uint64_t> slot = last_empty_slot(table);
    if (!slot) {
        diagnostics_
            .error(model_[thread].span,
                   fmt::format("`{}` has no empty slot for the reply object of `{}`", name(table), name(thread)))
            .note(model_[table].span, "the table is declared here")
            .help("a spec without `sc` has classic meaning; make the table larger, or declare `sc` and `rtreply`");
        return;
    }
    const Name reply_name = model_.names().intern(name(thread) + ".reply");
    replies_.push_back({placement_.add({abi::ObjectType::reply, 0}, reply_name, thread), table, *slot});
}

std::optional<uint64_t> Compiler::last_empty_slot(ObjectId table) const {
    const uint64_t bits = model_.value(table, Parameter::bits).value_or(0);
    for (uint64_t slot = bits < 32 ? uint64_t{1} << bits : 0; slot-- > 0;) {
        const bool is_taken = std::ranges::any_of(
            replies_, [&](const PlannedReply& other) { return other.table == table && other.slot == slot; });
        if (model_.slot(table, slot) == nullptr && !is_taken) {
            return slot;
        }
    }
    return std::nullopt;
}

void Compiler::compile_replies(std::vector<image::CapabilityRecord>& records) {
    for (const PlannedReply& reply : replies_) {
        records.push_back({.table = number(reply.table),
                           .source_table = image::none,
                           .slot = reply.slot,
                           .source = placement_.number_of_added(reply.added),
                           .count = 1,
                           .rights = Rights::read | Rights::write,
                           .badge = 0});
    }
}

}  // namespace capdl
