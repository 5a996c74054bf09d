// SPDX-License-Identifier: BSD-2-Clause
// AddressSpace's methods: page tables, and frames by range.
#include "abi/methods.hpp"
#include "machine.hpp"
#include "object/cap_table.hpp"
#include "object/mapping.hpp"

namespace selene {

using abi::ErrorCode;

namespace {

constexpr unsigned argument_frames_first = 2;
constexpr uint64_t largest_table_span = uint64_t{1} << 21;

PageTable& space_of(Invocation& call) { return *call.self.object<PageTable>(); }

/// The slot of an item of a range, which must hold a frame.
Result<Slot*> frame_at(Slot& frames, uint64_t index) {
    Slot* slot = frames.object<CapTable>()->slot(index);
    if (slot == nullptr) return refuse(ErrorCode::index_out_of_range, argument_frames_first, index);
    if (slot->empty()) return refuse(ErrorCode::empty_slot, argument_frames_first, index);
    if (slot->type() != CapType::frame)
        return refuse(ErrorCode::wrong_type, argument_frames_first, static_cast<uint64_t>(object_type(slot->type())));
    return slot;
}

/// Where an item of a range goes and how large it must be.
struct Target {
    VirtAddr address;
    uint64_t bytes;
};

Result<void> map_one(Invocation& call, Slot& slot, const AddressSpaceMap& arguments, Target target)
    SELENE_REQUIRES(tree_lock, own_core) {
    if (Frame(slot).bytes() != target.bytes)
        return refuse(ErrorCode::argument_out_of_range, argument_frames_first, target.bytes);
    return mapping::map_frame(space_of(call), slot, target.address, {arguments.rights, arguments.kind}, call.rights());
}

}  // namespace

Result<AddressSpaceMapTableResult> address_space_map_table(Invocation& call, const AddressSpaceMapTable& arguments) {
    PageTable& table = *arguments.table->object<PageTable>();
    if (!is_aligned(arguments.address.value(), largest_table_span))
        return refuse(ErrorCode::misaligned, 2, largest_table_span);
    TRY(hook, mapping::find_hook(space_of(call), table, arguments.address));
    while (table.cut_off()) {
        if (!mapping::dismantle_step(table, call.core.kernel->tags) && call.preemption.due(config::steps_between_polls))
            return call.preempt(0);
    }
    return AddressSpaceMapTableResult{.level = mapping::hang_table(table, hook)};
}

Result<AddressSpaceMapResult> address_space_map(Invocation& call, const AddressSpaceMap& arguments) {
    TRY(first, frame_at(*arguments.frames, arguments.first.value()));
    const uint64_t bytes = Frame(*first).bytes();
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        auto slot = frame_at(*arguments.frames, arguments.first.value() + done);
        const Result<void> mapped = slot ? map_one(call, **slot, arguments, {arguments.address + done * bytes, bytes})
                                         : Result<void>(Refused{slot.error()});
        if (!mapped) {
            machine::flush_barrier();
            return refuse_item(mapped.error(), done);
        }
        if (call.preemption.due() && done + 1 < arguments.count) {
            machine::flush_barrier();
            return call.preempt(done + 1);
        }
    }
    machine::flush_barrier();
    return AddressSpaceMapResult{.done = arguments.count};
}

Result<AddressSpaceUnmapResult> address_space_unmap(Invocation& call, const AddressSpaceUnmap& arguments) {
    PageTable& root = space_of(call);
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        auto slot = frame_at(*arguments.frames, arguments.first.value() + done);
        if (!slot) {
            machine::flush_barrier();
            return refuse_item(slot.error(), done);
        }
        if (mapping::is_mapped_in(root, **slot)) mapping::unmap_frame(**slot);
        if (call.preemption.due() && done + 1 < arguments.count) {
            machine::flush_barrier();
            return call.preempt(done + 1);
        }
    }
    machine::flush_barrier();
    return AddressSpaceUnmapResult{.done = arguments.count};
}

Result<AddressSpaceProtectResult> address_space_protect(Invocation& call, const AddressSpaceProtect& arguments) {
    PageTable& root = space_of(call);
    for (uint64_t done = call.progress(); done < arguments.count; ++done) {
        auto slot = frame_at(*arguments.frames, arguments.first.value() + done);
        const Result<void> changed = slot ? mapping::protect_frame(root, **slot, arguments.rights, call.rights())
                                          : Result<void>(Refused{slot.error()});
        if (!changed) {
            machine::flush_barrier();
            return refuse_item(changed.error(), done);
        }
        if (call.preemption.due() && done + 1 < arguments.count) {
            machine::flush_barrier();
            return call.preempt(done + 1);
        }
    }
    machine::flush_barrier();
    return AddressSpaceProtectResult{.done = arguments.count};
}

}  // namespace selene
