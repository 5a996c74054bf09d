// SPDX-License-Identifier: BSD-2-Clause
// CapTable's methods: map, grant, unmap over ranges of slots.
#include "object/cap_table.hpp"

#include "capability/derive.hpp"
#include "capability/unmap.hpp"
#include "abi/methods.hpp"
#include "ipc/ipc.hpp"

namespace selene {

using abi::ErrorCode;

namespace {

constexpr unsigned argument_first = 1;
constexpr unsigned argument_source_first = 3;

/// The slots of one item of a range operation between two tables.
[[gnu::always_inline]] inline Result<Slot*> source_at(CapTable& table, uint64_t index) {
    Slot* slot = table.slot(index);
    if (slot == nullptr) return refuse(ErrorCode::index_out_of_range, argument_source_first, index);
    return slot;
}
[[gnu::always_inline]] inline Result<Slot*> free_at(CapTable& table, uint64_t index) {
    Slot* slot = table.slot(index);
    if (slot == nullptr) return refuse(ErrorCode::index_out_of_range, argument_first, index);
    if (!slot->empty()) return refuse(ErrorCode::occupied_slot, argument_first, index);
    return slot;
}

[[gnu::always_inline]] inline Result<void> map_item(CapTable& source, CapTable& destination,
                                                    const CapTableMap& arguments, uint64_t item)
    SELENE_REQUIRES(tree_lock, own_core) {
    const uint64_t source_index = arguments.source_first.value() + item;
    TRY(from, source_at(source, source_index));
    TRY(to, free_at(destination, arguments.first.value() + item));
    return derive::try_child(*from, *to, {arguments.rights, arguments.badge}, {argument_source_first, source_index});
}

[[gnu::always_inline]] inline Result<void> grant_item(Kernel& kernel, CapTable& source, CapTable& destination,
                                                      const CapTableGrant& arguments, uint64_t item)
    SELENE_REQUIRES(tree_lock, own_core) {
    const uint64_t source_index = arguments.source_first.value() + item;
    TRY(from, source_at(source, source_index));
    TRY(to, free_at(destination, arguments.first.value() + item));
    TRY_VOID(derive::check_move(*from, {argument_source_first, source_index}));
    derive::move(kernel.tree, *from, *to);
    return {};
}

[[gnu::noinline]] Result<CapTableMapResult> map_range(Invocation& call, const CapTableMap& arguments)
    SELENE_REQUIRES(tree_lock, own_core) {
    CapTable& source = *arguments.source->object<CapTable>();
    CapTable& destination = *call.self.object<CapTable>();
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        if (auto mapped = map_item(source, destination, arguments, done); !mapped)
            return refuse_item(mapped.error(), done);
        if (call.preemption.due() && done + 1 < arguments.count) return call.preempt(done + 1);
    }
    return CapTableMapResult{.done = arguments.count};
}

[[gnu::noinline]] Result<CapTableGrantResult> grant_range(Invocation& call, const CapTableGrant& arguments)
    SELENE_REQUIRES(tree_lock, own_core) {
    // The capability to either table may be among those that move.
    CapTable& source = *arguments.source->object<CapTable>();
    CapTable& destination = *call.self.object<CapTable>();
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        auto moved = grant_item(*call.core.kernel, source, destination, arguments, done);
        if (!moved) return refuse_item(moved.error(), done);
        if (call.preemption.due() && done + 1 < arguments.count) return call.preempt(done + 1);
    }
    return CapTableGrantResult{.done = arguments.count};
}

/// What the end of one capability takes, and perhaps of its object, in steps between two polls.
constexpr unsigned cost_of_an_end = 2;

[[gnu::noinline]] Result<CapTableUnmapResult> unmap_range(Invocation& call, const CapTableUnmap& arguments)
    SELENE_REQUIRES(tree_lock, own_core) {
    CapTable& table = *call.self.object<CapTable>();
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        const uint64_t index = arguments.first.value() + done;
        // The table itself may have been among the victims of the slots before.
        Slot* slot = table.slot(index);
        if (slot == nullptr) return refuse(ErrorCode::index_out_of_range, argument_first, index, done);
        if (!unmap(call.core, *slot, arguments.root, call.preemption))
            return call.preempt(slot->empty() ? done + 1 : done);
        if (call.preemption.due(cost_of_an_end) && done + 1 < arguments.count) return call.preempt(done + 1);
    }
    return CapTableUnmapResult{.done = arguments.count};
}

}  // namespace

Result<CapTableMapResult> cap_table_map(Invocation& call, const CapTableMap& arguments) {
    if (!call.is_single(arguments.count)) [[unlikely]]
        return map_range(call, arguments);
    TRY_VOID(map_item(*arguments.source->object<CapTable>(), *call.self.object<CapTable>(), arguments, 0));
    return CapTableMapResult{.done = 1};
}

Result<CapTableGrantResult> cap_table_grant(Invocation& call, const CapTableGrant& arguments) {
    if (!call.is_single(arguments.count)) [[unlikely]]
        return grant_range(call, arguments);
    TRY_VOID(grant_item(*call.core.kernel, *arguments.source->object<CapTable>(), *call.self.object<CapTable>(),
                        arguments, 0));
    return CapTableGrantResult{.done = 1};
}

Result<CapTableUnmapResult> cap_table_unmap(Invocation& call, const CapTableUnmap& arguments) {
    if (call.is_single(arguments.count)) [[likely]] {
        Slot* slot = call.self.object<CapTable>()->slot(arguments.first.value());
        if (slot != nullptr && arguments.root == abi::KeepRoot::self && remove_leaf(*slot))
            return CapTableUnmapResult{.done = 1};
    }
    return unmap_range(call, arguments);
}

Result<void> cap_table_cancel_sends(Invocation& call, const CapTableCancelSends& arguments) {
    const uint64_t index = arguments.index.value();
    Slot* slot = call.self.object<CapTable>()->slot(index);
    if (slot == nullptr) return refuse(ErrorCode::index_out_of_range, argument_first, index);
    const Capability capability = slot->capability();
    if (capability.empty()) return refuse(ErrorCode::empty_slot, argument_first, index);
    if (capability.type() != CapType::endpoint)
        return refuse(ErrorCode::wrong_type, argument_first, static_cast<uint64_t>(object_type(capability.type())));
    if (!capability.allows(rights::read)) return refuse(ErrorCode::missing_right, argument_first, rights::read.mask());
    uint64_t round = call.progress();
    if (ipc::cancel_sends(call.core, *slot->object<Endpoint>(), arguments.badge, round, call.preemption)) return {};
    return call.preempt(round);
}

}  // namespace selene
