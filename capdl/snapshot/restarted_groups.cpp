// SPDX-License-Identifier: BSD-2-Clause
// The spec of a system as it is: groups that were restarted have the names that the spec gives them.
#include <algorithm>
#include <map>

#include "compile/restart_plan.hpp"
#include "snapshot/snapshot.hpp"

namespace capdl {

// An untyped that somebody holds, with what it covers, counts as stored by the loader, too.
void Snapshot::take_granted() {
    std::vector<Slot> granted;
    for (const Slot& slot : state_.slots) {
        for (const image::GrantRecord& grant : plan_.grants) {
            if (slot.place == image::SlotPlace::table && slot.holder == grant.table && slot.index == grant.slot &&
                slot.type == static_cast<uint32_t>(selene::abi::ObjectType::untyped)) {
                granted.push_back(slot);
                granted.back().place = image::SlotPlace::own;
                granted.back().holder = image::none;
                granted.back().index = grant.object;
            }
        }
    }
    state_.slots.insert(state_.slots.end(), granted.begin(), granted.end());
}

void Snapshot::take_restarted() {
    for (const RestartGroup& group : spec_.groups) {
        if (group.supervisor != no_index) {
            rename(group);
        }
    }
}

// The supervisor has the origins of what it has made in a row, in the order of the group's plan, in the first empty slots
// behind the group's home. They count as what the loader has stored, under the numbers of the image.
void Snapshot::rename(const RestartGroup& group) {
    const ObjectId cnode = spec_.components[group.supervisor].cnode;
    const std::span<const Capability> slots = spec_.slots_of(cnode);
    const auto home = std::ranges::find(slots, group.home, &Capability::object);
    if (home == slots.end()) {
        return;
    }
    const std::vector<uint32_t> objects = RestartPlanner::objects_of(plan_, number_of(group.home));
    uint64_t first = home->slot;
    while (spec_.slot(cnode, first) != nullptr) {
        ++first;
    }
    supplies_.emplace(cnode, first + objects.size());
    std::map<uint64_t, uint32_t> by_identity;
    for (Slot& slot : state_.slots) {
        if (slot.place != image::SlotPlace::table || slot.holder != number_of(cnode)) {
            continue;
        }
        if (slot.index >= first && slot.index < first + objects.size()) {
            slot.place = image::SlotPlace::own;
            slot.holder = image::none;
            slot.index = objects[slot.index - first];
            by_identity.emplace(slot.object, slot.index);
        }
    }
    std::map<uint32_t, uint32_t> numbers;
    std::erase_if(state_.found, [&](const ObservedState::Found& found) {
        const auto known = by_identity.find(found.identity);
        if (known != by_identity.end()) {
            numbers.emplace(found.number, known->second);
        }
        return known != by_identity.end();
    });
    const auto renumber = [&numbers](uint32_t& number) {
        const auto known = numbers.find(number);
        number = known == numbers.end() ? number : known->second;
    };
    std::ranges::for_each(state_.slots, renumber, &Slot::holder);
    std::ranges::for_each(state_.mappings, renumber, &ObservedState::Mapping::space);
    std::ranges::for_each(state_.tables, renumber, &ObservedState::Table::space);
    std::ranges::for_each(state_.threads, renumber, &ObservedState::Thread::number);
    std::ranges::for_each(state_.contexts, renumber, &ObservedState::Context::number);
}

// Behind the objects, a supervisor has copies of what it holds anyway, to map and to install what they stand for.
bool Snapshot::is_supply(ObjectId container, const Slot& found) const {
    const auto supply = supplies_.find(container);
    if (supply == supplies_.end() || found.index < supply->second || spec_.slot(container, found.index) != nullptr) {
        return false;
    }
    const ObjectId object = specified(number_of(found));
    return object != ObjectId::none && std::ranges::any_of(spec_.slots_of(container), [object](const Capability& one) {
               return one.object == object;
           });
}

}  // namespace capdl
