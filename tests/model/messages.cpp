// SPDX-License-Identifier: BSD-2-Clause
// Windows and items.
#include "messages.hpp"

#include <algorithm>

#include "methods.hpp"

namespace selene::model {

namespace {

/// A capability that may be sent as item `place` of a message.
Found sendable(const System& system, const Object& sender, const std::vector<Item>& items, size_t place) {
    const Item& item = items[place];
    const auto bad = [&](uint64_t reason) {
        return Found{nullptr, Outcome::refused(ErrorCode::bad_item, place, reason)};
    };
    const Found found = find(system, sender, place, item.index, std::nullopt, 0);
    if (found.outcome.refused()) return bad(found.outcome.code);
    Capability& capability = *found.capability;
    const Outcome child = item.grant ? Outcome{} : check_child(system, capability, item.badge, place, item.index);
    if (child.refused()) return bad(child.code);
    if (item.grant && !capability.children.empty()) return bad(static_cast<uint64_t>(ErrorCode::has_children));
    for (size_t earlier = 0; earlier < place; ++earlier) {
        // Twice the same is fine unless one of the two takes it away.
        const bool taken = item.grant || items[earlier].grant || capability.object->type == ObjectType::untyped;
        const Capability* other = find(system, sender, earlier, items[earlier].index, std::nullopt, 0).capability;
        if (other == &capability && taken) return bad(static_cast<uint64_t>(ErrorCode::in_use));
    }
    return {&capability, {}};
}

}  // namespace

Outcome open_window(const System& system, const Object& receiver, const Window& window) {
    if (window.count == 0) return {};
    const uint64_t count = std::min<uint64_t>(window.count, abi::message_items);
    Found table = find(system, receiver, 0, window.table, ObjectType::cap_table, bit(Right::write));
    // Here an empty slot is a capability of the wrong type.
    if (table.outcome.refused_as(ErrorCode::empty_slot)) return Outcome::refused(ErrorCode::wrong_type);
    if (table.outcome.refused()) return table.outcome;
    Object* holder = table.capability->object;
    if (window.first + count > holder->slots)
        return Outcome::refused(ErrorCode::index_out_of_range, 0, window.first + count - 1);
    for (uint64_t i = 0; i < count; ++i) {
        if (system.in({holder, window.first + i}) != nullptr) return Outcome::refused(ErrorCode::occupied_slot, 0, i);
    }
    return {};
}

Outcome deliver(System& system, const Object& sender, const std::vector<Item>& items, const Object& receiver,
                const Window& window) {
    const uint64_t room = std::min<uint64_t>(window.count, abi::message_items);
    if (room < items.size()) return Outcome::refused(ErrorCode::window_full, items.size(), room);
    std::vector<Capability*> sent;
    for (size_t i = 0; i < items.size(); ++i) {
        const Found found = sendable(system, sender, items, i);
        if (found.outcome.refused()) return found.outcome;
        sent.push_back(found.capability);
    }
    if (items.empty()) return {};
    Object* holder = find(system, receiver, 0, window.table, std::nullopt, 0).capability->object;
    for (size_t i = 0; i < items.size(); ++i) {
        const Place to{holder, window.first + i};
        if (items[i].grant) {
            system.move(*sent[i], to);
        } else {
            system.derive(*sent[i], to, items[i].rights, items[i].badge);
        }
    }
    return {};
}

}  // namespace selene::model
