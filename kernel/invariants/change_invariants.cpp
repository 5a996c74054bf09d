// SPDX-License-Identifier: BSD-2-Clause
// Comparing the state before an entry into the kernel with the one after.
#include "invariants/change_invariants.hpp"

#include <algorithm>

namespace selene::change {

namespace {

bool inside(const Power& inner, const Power& outer) {
    return outer.object <= inner.object && inner.object + inner.bytes <= outer.object + outer.bytes;
}

bool has_channel(const State& state, const Task* from, const Task* to, Channel::Carries carries) {
    if (from == to) return true;
    return std::ranges::any_of(state.channels, [&](const Channel& channel) {
        return channel.from == from && channel.to == to && channel.carries >= carries;
    });
}

/// Whether who has `power` could make `other` of it, by map or grant of its capability or by a mapping of its frame.
bool covers(const Power& power, const Power& other) {
    if (power.type != other.type || !power.rights.include(other.rights)) return false;
    if (power.type == CapType::frame) return inside(other, power);
    if (power.object != other.object || power.bytes != other.bytes) return false;
    return !carries_badge(power.type) || power.badge == 0 || power.badge == other.badge;
}

bool existed(const State& before, const Power& power) {
    return std::ranges::any_of(before.powers, [&](const Power& other) {
        return other.type == power.type && other.object == power.object && other.bytes == power.bytes;
    });
}

}  // namespace

Violation authority_is_passed_on(const State& before, const State& after) {
    for (const Power& power : after.powers) {
        const bool is_new = !existed(before, power);
        const bool permitted = std::ranges::any_of(before.powers, [&](const Power& source) {
            if (!has_channel(before, source.task, power.task, Channel::Carries::capabilities)) return false;
            const bool makes = is_new && source.type == CapType::untyped && source.rights.include(rights::write) &&
                               power.bytes > 0 && inside(power, source);
            return makes || covers(source, power);
        });
        if (!permitted) return {"a task can do only what it could before or was given", power.task};
    }
    return {};
}

Violation changes_are_the_callers(const State& before, const State& after) {
    const Content* now = after.contents.data();
    const Content* const end = now + after.contents.size();
    for (const Content& was : before.contents) {
        now = std::lower_bound(now, end, was.place,
                               [](const Content& content, uint64_t place) { return content.place < place; });
        if (now == end) break;
        if (now->place == was.place && now->hash != was.hash && !was.open)
            return {"what changes is the caller's to change", reinterpret_cast<const void*>(was.place)};
    }
    return {};
}

Violation words_are_sent(const State& before, const State& after) {
    for (const Sight& sight : after.sights) {
        const auto [first, last] = std::ranges::equal_range(before.sights, sight.word, {}, &Sight::word);
        if (std::any_of(first, last, [&](const Sight& source) {
                return has_channel(before, source.task, sight.task, Channel::Carries::words);
            }))
            continue;
        return {"what a task sees was there before or was sent to it", sight.task};
    }
    return {};
}

}  // namespace selene::change
