// SPDX-License-Identifier: BSD-2-Clause
// Methods of capability tables.
#include "methods.hpp"

namespace selene::model {

Outcome check_child(const System& system, const Capability& parent, uint64_t badge, uint64_t argument, uint64_t index) {
    const ObjectType type = parent.object->type;
    if (system.depth(parent) + 1 > System::deepest)
        return Outcome::refused(ErrorCode::depth_exceeded, argument, System::deepest);
    if (badge != 0 && carries_badge(type) && parent.word != 0)
        return Outcome::refused(ErrorCode::badge_set, argument, parent.word);
    if (badge != 0 && !carries_badge(type) && type != ObjectType::cap_table)
        return Outcome::refused(ErrorCode::argument_out_of_range, argument, 0);
    if (type == ObjectType::untyped && !parent.children.empty())
        return Outcome::refused(ErrorCode::has_children, argument, index);
    return {};
}

Outcome check_slot(const System& system, Place place, uint64_t argument) {
    if (!system.lives(place.holder) || place.index >= place.holder->slots)
        return Outcome::refused(ErrorCode::index_out_of_range, argument, place.index);
    if (system.in(place) != nullptr) return Outcome::refused(ErrorCode::occupied_slot, argument, place.index);
    return {};
}

namespace cap_table {

namespace {

/// A capability and the free slot that one item of a range takes it to.
struct Pair {
    Capability* from;
    Place to;
    Outcome outcome;
};

Pair pair(const System& system, Place from, Place to) {
    const auto refused = [](const Outcome& outcome) { return Pair{nullptr, {}, outcome}; };
    if (from.index >= from.holder->slots)
        return refused(Outcome::refused(ErrorCode::index_out_of_range, 3, from.index));
    if (const Outcome outcome = check_slot(system, to, 1); outcome.refused()) return refused(outcome);
    Capability* capability = system.in(from);
    if (capability == nullptr) return refused(Outcome::refused(ErrorCode::empty_slot, 3, from.index));
    return {capability, to, {}};
}

}  // namespace

Outcome map(System& system, const Call& call) {
    const auto [first, source, source_first, count, rights, badge, unused, progress] = call.words;
    Object* from = call.capabilities[1]->object;
    for (uint64_t done = progress; done < count; ++done) {
        const Pair item = pair(system, {from, source_first + done}, {&call.object(), first + done});
        if (item.outcome.refused()) return item.outcome.after(done);
        const Outcome allowed = check_child(system, *item.from, badge, 3, source_first + done);
        if (allowed.refused()) return allowed.after(done);
        system.derive(*item.from, item.to, rights, badge);
    }
    return Outcome::with(count);
}

Outcome grant(System& system, const Call& call) {
    const auto [first, source, source_first, count, unused0, unused1, unused2, progress] = call.words;
    Object* from = call.capabilities[1]->object;
    Object* to = &call.object();
    for (uint64_t done = progress; done < count; ++done) {
        const Pair item = pair(system, {from, source_first + done}, {to, first + done});
        if (item.outcome.refused()) return item.outcome.after(done);
        system.move(*item.from, item.to);
    }
    return Outcome::with(count);
}

Outcome unmap(System& system, const Call& call) {
    const auto [first, count, root, unused0, unused1, unused2, unused3, progress] = call.words;
    Object* table = &call.object();
    for (uint64_t done = progress; done < count; ++done) {
        const Place place{table, first + done};
        // The table itself may have gone with the slots before.
        if (!system.lives(table) || place.index >= table->slots)
            return Outcome::refused(ErrorCode::index_out_of_range, 1, place.index).after(done);
        if (Capability* held = system.in(place); held != nullptr) system.take_children(*held);
        if (Capability* held = system.in(place); held != nullptr && root != 0) system.take(*held);
        // Who has ended itself does nothing more.
        if (!system.lives(call.thread)) return Outcome::with(done);
    }
    return Outcome::with(count);
}

/// Nobody waits to be received when it is called.
Outcome cancel_sends(System& system, const Call& call) {
    const uint64_t index = call.words[0];
    const Place place{&call.object(), index};
    if (index >= place.holder->slots) return Outcome::refused(ErrorCode::index_out_of_range, 1, index);
    const Capability* held = system.in(place);
    if (held == nullptr) return Outcome::refused(ErrorCode::empty_slot, 1, index);
    if (held->object->type != ObjectType::endpoint)
        return Outcome::refused(ErrorCode::wrong_type, 1, number(held->object->type));
    if ((held->rights & bit(Right::read)) == 0) return Outcome::refused(ErrorCode::missing_right, 1, bit(Right::read));
    return {};
}

}  // namespace cap_table

}  // namespace selene::model
