// SPDX-License-Identifier: BSD-2-Clause
// AddressSpace's methods: page tables, and frames by range.
#include <algorithm>

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

/// Whether an item of a range may be mapped, and where.
Result<uint64_t*> check_item(Invocation& call, const AddressSpaceMap& arguments, uint64_t item, uint64_t bytes)
    SELENE_REQUIRES(tree_lock, own_core) {
    TRY(slot, frame_at(*arguments.frames, arguments.first.value() + item));
    if (Frame(*slot).bytes() != bytes) return refuse(ErrorCode::argument_out_of_range, argument_frames_first, bytes);
    return mapping::check_mapping(space_of(call), *slot, arguments.address + item * bytes,
                                  {arguments.rights, arguments.kind}, call.rights());
}

/// What one step of cleaning takes, in steps between polls; none if the mapping does not go past the cache that the
/// kernel has zeroed the frame through.
unsigned cleaning_cost(const AddressSpaceMap& arguments, const Slot& slot) {
    const Frame frame(slot);
    if (arguments.kind == abi::MemoryKind::normal || frame.device()) return 0;
    constexpr uint64_t step = mapping::clean_step_bytes;
    return static_cast<unsigned>(std::min(frame.bytes(), step) * config::steps_between_polls / step);
}

/// Clean a frame out of the cache; false: make way.
bool clean(Invocation& call, Slot& slot, unsigned cost) SELENE_REQUIRES(tree_lock) {
    while (!mapping::clean_step(slot)) {
        if (call.preemption.due(cost)) return false;
    }
    return true;
}

/// Frames in slots one after the other.
struct Range {
    Slot& table;
    CapIndex first;
    uint64_t count;
};

/// Change the mappings of the frames of a range, one by one. How many.
template <class Change>
[[gnu::always_inline]] inline Result<uint64_t> change_range(Invocation& call, const Range& frames, Change change)
    SELENE_REQUIRES(tree_lock, own_core) {
    Result<uint64_t> outcome = frames.count;
    uint64_t done = call.progress();
    const mapping::RangeFlush flush(space_of(call), frames.count - done);
    while (done < frames.count) {
        auto slot = frame_at(frames.table, frames.first.value() + done);
        const Result<void> changed = slot ? change(flush, **slot) : Result<void>(Refused{slot.error()});
        if (!changed) {
            outcome = refuse_item(changed.error(), done);
            break;
        }
        ++done;
        if (call.preemption.due() && done < frames.count) {
            outcome = call.preempt(done);
            break;
        }
    }
    flush.finish();
    return outcome;
}

[[gnu::noinline]] Result<AddressSpaceMapResult> map_range(Invocation& call, const AddressSpaceMap& arguments)
    SELENE_REQUIRES(tree_lock, own_core) {
    TRY(first, frame_at(*arguments.frames, arguments.first.value()));
    const uint64_t bytes = Frame(*first).bytes();
    const uint64_t slots = arguments.frames->object<CapTable>()->count();
    Result<AddressSpaceMapResult> outcome = AddressSpaceMapResult{.done = arguments.count};
    uint64_t done = call.progress();
    while (done < arguments.count) {
        const uint64_t index = arguments.first.value() + done;
        auto entry = check_item(call, arguments, done, bytes);
        if (!entry) {
            outcome = refuse_item(entry.error(), done);
            break;
        }
        Slot& slot = *arguments.frames->object<CapTable>()->slot(index);
        const unsigned cost = cleaning_cost(arguments, slot);
        if (cost != 0 && !clean(call, slot, cost)) {
            outcome = call.preempt(done);
            break;
        }
        mapping::map_frame(slot, *entry, {arguments.rights, arguments.kind});
        unsigned mapped = 1;
        if (cost == 0) {
            const uint64_t most =
                std::min({arguments.count - done, slots - index, uint64_t{call.preemption.steps_left()}});
            mapped += mapping::map_alike(slot, most - 1);
        }
        done += mapped;
        if (call.preemption.due(mapped + cost) && done < arguments.count) {
            outcome = call.preempt(done);
            break;
        }
    }
    machine::flush_barrier();
    return outcome;
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
    if (!call.is_single(arguments.count) || arguments.kind != abi::MemoryKind::normal)
        return map_range(call, arguments);
    TRY(slot, frame_at(*arguments.frames, arguments.first.value()));
    const MappingAttributes attributes{arguments.rights, arguments.kind};
    TRY(entry, mapping::check_mapping(space_of(call), *slot, arguments.address, attributes, call.rights()));
    mapping::map_frame(*slot, entry, attributes);
    machine::flush_barrier();
    return AddressSpaceMapResult{.done = 1};
}

Result<AddressSpaceUnmapResult> address_space_unmap(Invocation& call, const AddressSpaceUnmap& arguments) {
    const auto unmap = [](const mapping::RangeFlush& flush, Slot& slot) SELENE_REQUIRES(tree_lock) -> Result<void> {
        mapping::unmap_from(flush, slot);
        return {};
    };
    TRY(done, change_range(call, {*arguments.frames, arguments.first, arguments.count}, unmap));
    return AddressSpaceUnmapResult{.done = done};
}

Result<AddressSpaceProtectResult> address_space_protect(Invocation& call, const AddressSpaceProtect& arguments) {
    const auto protect = [&](const mapping::RangeFlush& flush, Slot& slot) SELENE_REQUIRES(tree_lock, own_core) {
        return mapping::protect_frame(flush, slot, arguments.rights, call.rights());
    };
    TRY(done, change_range(call, {*arguments.frames, arguments.first, arguments.count}, protect));
    return AddressSpaceProtectResult{.done = done};
}

}  // namespace selene
