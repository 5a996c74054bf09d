// SPDX-License-Identifier: BSD-2-Clause
// Retype: objects from untyped memory.
#include "object/untyped.hpp"

#include <algorithm>
#include <optional>

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
/// The end of what is zero; nothing: make way.
std::optional<uint64_t> zero_ahead(Slot& slot, uint64_t from, uint64_t to, PreemptionPoint& preemption)
    SELENE_REQUIRES(tree_lock) {
    const Untyped untyped(slot);
    uint64_t done = from + untyped.zeroed();
    while (done < to) {
        const uint64_t step = to - done < config::zeroing_step ? to - done : config::zeroing_step;
        machine::zero(machine::window<void>(untyped.base() + done), step);
        done += step;
        if (step == config::zeroing_step && preemption.due(config::steps_between_polls)) {
            slot.update(untyped.at(from, done - from));
            return std::nullopt;
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

}  // namespace

Result<UntypedRetypeResult> untyped_retype(Invocation& call, const UntypedRetype& arguments) {
    Slot& self = call.self;
    const uint64_t done_before = call.progress() < arguments.count ? call.progress() : arguments.count;
    if (self.closing()) return refuse(ErrorCode::closing, 0);
    if (DerivationTree::child_depth(self) > DerivationTree::maximum_depth)
        return refuse(ErrorCode::depth_exceeded, 0, DerivationTree::maximum_depth);
    if (!abi::is_made_by_retype(arguments.type)) return refuse(ErrorCode::argument_out_of_range, argument_type, 0);
    if (!abi::is_valid_size(arguments.type, arguments.size))
        return refuse(ErrorCode::argument_out_of_range, argument_size, 0);
    const Untyped untyped(self);
    if (untyped.device() && arguments.type != ObjectType::frame && arguments.type != ObjectType::untyped) {
        return refuse(ErrorCode::device_memory, argument_type);
    }
    if (done_before >= arguments.count) return UntypedRetypeResult{.done = arguments.count};
    const uint64_t watermark = self.has_children() ? untyped.watermark() : 0;
    const uint64_t start = new_object::first_place(untyped, watermark, arguments.type, arguments.size);
    const uint64_t stride = abi::object_bytes(arguments.type, arguments.size);
    const uint64_t count = arguments.count - done_before;
    const uint64_t free = start < untyped.bytes() ? untyped.bytes() - start : 0;
    if (count > free / stride) return refuse(ErrorCode::out_of_memory, count * stride, free);
    CapTable& table = *arguments.table->object<CapTable>();
    // A first item that is refused changes nothing.
    if (auto slot = free_slot(table, arguments.first.value() + done_before); !slot) [[unlikely]] {
        return refuse_item(slot.error(), done_before);
    }

    if (start != untyped.watermark()) self.update(untyped.at(start, 0));
    const uint64_t end = start + count * stride;
    uint64_t zero_end = 0;
    if (!untyped.device() && arguments.type != ObjectType::untyped) {
        const auto zeroed = zero_ahead(self, start, end, call.preemption);
        if (!zeroed) return call.preempt(done_before);
        zero_end = *zeroed;
    }

    // What starts blank needs nothing but its capability, and the next one's is that of the one before, moved on.
    const bool blank = new_object::starts_blank(arguments.type);
    Capability capability;
    if (blank) capability = new_object::make_object(untyped, start, arguments.type, arguments.size);
    DerivationTree::Origins origins(self);
    uint64_t place = start;
    const auto finish = [&]() SELENE_REQUIRES(tree_lock) {
        origins.finish();
        self.update(untyped.at(place, zero_end > place ? zero_end - place : 0));
    };
    uint64_t done = done_before;
    while (done < arguments.count) {
        const uint64_t index = arguments.first.value() + done;
        auto slots = free_slot(table, index);
        if (!slots) [[unlikely]] {
            finish();
            return refuse_item(slots.error(), done);
        }
        const uint64_t most =
            std::min({arguments.count - done, table.count() - index, uint64_t{call.preemption.steps_left()}});
        unsigned made = 0;
        do {
            if (!blank) capability = new_object::make_object(untyped, place, arguments.type, arguments.size);
            origins.insert((*slots)[made], capability);
            capability = new_object::moved_on(capability, stride);
            place += stride;
        } while (++made < most && (*slots)[made].empty());
        done += made;
        if (call.preemption.due(made) && done < arguments.count) [[unlikely]] {
            finish();
            return call.preempt(done);
        }
    }
    finish();
    return UntypedRetypeResult{.done = arguments.count};
}

}  // namespace selene
