// SPDX-License-Identifier: BSD-2-Clause
// CapTable's methods: map, grant, unmap over ranges of slots.
#include "object/cap_table.hpp"

#include "capability/derive.hpp"
#include "capability/unmap.hpp"
#include "abi/methods.hpp"

namespace selene {

using abi::ErrorCode;

namespace {

constexpr unsigned argument_first = 1;
constexpr unsigned argument_source_first = 3;

/// The slots of one item of a range operation between two tables.
struct Pair {
    Slot* from;
    Slot* to;
};

Result<Pair> pair_at(CapTable& source, uint64_t source_index, CapTable& destination, uint64_t index) {
    Slot* from = source.slot(source_index);
    if (from == nullptr) return refuse(ErrorCode::index_out_of_range, argument_source_first, source_index);
    Slot* to = destination.slot(index);
    if (to == nullptr) return refuse(ErrorCode::index_out_of_range, argument_first, index);
    if (!to->empty()) return refuse(ErrorCode::occupied_slot, argument_first, index);
    return Pair{from, to};
}

}  // namespace

Result<CapTableMapResult> cap_table_map(Invocation& call, const CapTableMap& arguments) {
    CapTable& destination = *call.self.object<CapTable>();
    CapTable& source = *arguments.source->object<CapTable>();
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        const uint64_t source_index = arguments.source_first.value() + done;
        auto pair = pair_at(source, source_index, destination, arguments.first.value() + done);
        if (!pair) return refuse_item(pair.error(), done);
        auto allowed = derive::check_child(*pair->from, arguments.badge, {argument_source_first, source_index});
        if (!allowed) return refuse_item(allowed.error(), done);
        derive::child(call.core.kernel->tree, *pair->from, *pair->to, arguments.rights, arguments.badge);
        if (call.preemption.due() && done + 1 < arguments.count) return call.preempt(done + 1);
    }
    return CapTableMapResult{.done = arguments.count};
}

Result<CapTableGrantResult> cap_table_grant(Invocation& call, const CapTableGrant& arguments) {
    CapTable& destination = *call.self.object<CapTable>();
    CapTable& source = *arguments.source->object<CapTable>();
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        const uint64_t source_index = arguments.source_first.value() + done;
        auto pair = pair_at(source, source_index, destination, arguments.first.value() + done);
        if (!pair) return refuse_item(pair.error(), done);
        auto allowed = derive::check_move(*pair->from, {argument_source_first, source_index});
        if (!allowed) return refuse_item(allowed.error(), done);
        derive::move(call.core.kernel->tree, *pair->from, *pair->to);
        if (call.preemption.due() && done + 1 < arguments.count) return call.preempt(done + 1);
    }
    return CapTableGrantResult{.done = arguments.count};
}

Result<CapTableUnmapResult> cap_table_unmap(Invocation& call, const CapTableUnmap& arguments) {
    CapTable& table = *call.self.object<CapTable>();
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        const uint64_t index = arguments.first.value() + done;
        // The table itself may have been among the victims of the slots before.
        Slot* slot = table.slot(index);
        if (slot == nullptr) return refuse(ErrorCode::index_out_of_range, argument_first, index, done);
        if (!unmap(call.core, *slot, arguments.root, call.preemption))
            return call.preempt(slot->empty() ? done + 1 : done);
        if (call.preemption.due() && done + 1 < arguments.count) return call.preempt(done + 1);
    }
    return CapTableUnmapResult{.done = arguments.count};
}

}  // namespace selene
