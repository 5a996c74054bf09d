// SPDX-License-Identifier: BSD-2-Clause
// Retype: objects from untyped memory.
#include "object/untyped.hpp"

#include <algorithm>
#include <utility>

#include "abi/methods.hpp"
#include "abi/object_sizes.hpp"
#include "object/cap_table.hpp"
#include "object/new_object.hpp"
#include "syscall/invocation.hpp"

namespace selene {

using abi::ErrorCode;
using abi::ObjectType;

namespace {

constexpr unsigned argument_type = 1;
constexpr unsigned argument_size = 2;
constexpr unsigned argument_first = 5;

/// Zero [from, to) of an untyped in steps; `from` is where the work begins, the capability says how much of it is done.
/// The end of what is zero; 0: make way.
uint64_t zero_ahead(Slot& slot, uint64_t from, uint64_t to, PreemptionPoint& preemption) SELENE_REQUIRES(tree_lock) {
    const Untyped untyped(slot);
    uint64_t done = from + untyped.zeroed();
    while (done < to) {
        const uint64_t step = to - done < config::zeroing_step ? to - done : config::zeroing_step;
        machine::zero(machine::window<void>(untyped.base() + done), step);
        done += step;
        if (step == config::zeroing_step && preemption.due(config::steps_between_polls)) {
            slot.update(untyped.at(from, done - from));
            return 0;
        }
    }
    return done;
}

/// The slot that an item goes to; those of the items after it follow.
Result<Slot*> free_slot(CapTable& table, uint64_t index) {
    Slot* slot = table.slot(index);
    if (slot == nullptr) return refuse(ErrorCode::index_out_of_range, argument_first, index);
    if (!slot->empty()) return refuse(ErrorCode::occupied_slot, argument_first, index);
    return slot;
}

/// Whether an untyped may have such children.
Result<void> check(const Slot& untyped, ObjectType type, uint64_t size) SELENE_REQUIRES(tree_lock) {
    if (untyped.closing()) return refuse(ErrorCode::closing, 0);
    if (DerivationTree::child_depth(untyped) > DerivationTree::maximum_depth)
        return refuse(ErrorCode::depth_exceeded, 0, DerivationTree::maximum_depth);
    if (!abi::is_made_by_retype(type)) return refuse(ErrorCode::argument_out_of_range, argument_type, 0);
    if (!abi::is_valid_size(type, size)) return refuse(ErrorCode::argument_out_of_range, argument_size, 0);
    if (Untyped(untyped).device() && type != ObjectType::frame && type != ObjectType::untyped)
        return refuse(ErrorCode::device_memory, argument_type);
    return {};
}

/// How many slots from here on are empty, at most `most`.
uint64_t empty_slots(const Slot* slot, uint64_t most) {
    uint64_t count = 0;
    while (count < most && slot[count].empty()) ++count;
    return count;
}

}  // namespace

Result<UntypedRetypeResult> untyped_retype(Invocation& call, const UntypedRetype& arguments) {
    const auto [type, size] = std::pair(arguments.type, arguments.size);
    Slot& self = call.self;
    const uint64_t count = arguments.count;
    uint64_t done = std::min(call.progress(), count);
    TRY_VOID(check(self, type, size));
    const Untyped untyped(self);
    if (done == count) return UntypedRetypeResult{.done = count};
    const auto [stride, alignment] = abi::object_extent(type, size);
    const uint64_t watermark = self.has_children() ? untyped.watermark() : 0;
    uint64_t place = new_object::first_place(untyped, watermark, alignment);
    const uint64_t free = place < untyped.bytes() ? untyped.bytes() - place : 0;
    if (count - done > free / stride) return refuse(ErrorCode::out_of_memory, (count - done) * stride, free);
    CapTable& table = *arguments.table->object<CapTable>();
    // A first item that is refused changes nothing.
    auto slots = free_slot(table, arguments.first.value() + done);
    if (!slots) [[unlikely]]
        return refuse_item(slots.error(), done);
    Slot* slot = *slots;

    if (place != untyped.watermark()) self.update(untyped.at(place, 0));
    uint64_t zero_end = place;
    if (!untyped.device() && type != ObjectType::untyped) {
        zero_end = zero_ahead(self, place, place + (count - done) * stride, call.preemption);
        if (zero_end == 0) return call.preempt(done);
    }

    // The capability of each is that of the one before, moved on; what starts blank needs nothing else.
    const uint64_t step = new_object::capability_step(type, stride);
    const Slot* const end_of_table = table.slots() + table.count();
    bool make_way = false;
    do {
        uint64_t made = 1;
        if (count - done > 1) {
            const uint64_t room = static_cast<uint64_t>(end_of_table - slot);
            made = empty_slots(slot, std::min({count - done, room, uint64_t{call.preemption.steps_left()}}));
        }
        const Capability first = new_object::first_capability(untyped, place, type, size);
        if (!new_object::starts_blank(type)) {
            for (uint64_t i = 0; i < made; ++i)
                new_object::initialise(Capability(first.word0() + i * step, first.word1()), size);
        }
        DerivationTree::insert_origins(self, slot, made, first, step);
        slot += made;
        place += made * stride;
        done += made;
        if (done == count) break;
        make_way = call.preemption.due(static_cast<unsigned>(made));
    } while (!make_way && slot != end_of_table && slot->empty());
    self.update(untyped.at(place, zero_end > place ? zero_end - place : 0));
    if (done == count) return UntypedRetypeResult{.done = count};
    if (make_way) return call.preempt(done);
    return refuse_item(free_slot(table, arguments.first.value() + done).error(), done);
}

}  // namespace selene
