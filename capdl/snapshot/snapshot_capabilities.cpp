// SPDX-License-Identifier: BSD-2-Clause
// The spec of a system as it is: what stands in tables, in the slots of threads and of interrupts.
#include <algorithm>
#include <fmt/format.h>

#include "abi/types.hpp"
#include "snapshot/snapshot.hpp"

namespace capdl {

namespace abi = selene::abi;

namespace {

constexpr unsigned guard_size_bits = 6;
constexpr uint64_t guard_size_mask = (uint64_t{1} << guard_size_bits) - 1;

abi::ObjectType type_of(const ObservedState::Slot& slot) { return static_cast<abi::ObjectType>(slot.type); }

Authority authority_of(abi::ObjectType type) {
    switch (type) {
    case abi::ObjectType::interrupt_control: return Authority::irq_control;
    case abi::ObjectType::power_control: return Authority::power_control;
    case abi::ObjectType::schedule_control: return Authority::sched_control;
    default: return Authority::none;
    }
}

}  // namespace

const Snapshot::Slot* Snapshot::found_at(const Key& key) const {
    const auto found = found_.find(key);
    return found == found_.end() ? nullptr : found->second;
}

// Whether a slot holds what the spec wants in one.
bool Snapshot::as_specified(const Slot& found, const Key& key) const {
    const bool is_granted = std::ranges::any_of(plan_.grants, [&](const image::GrantRecord& grant) {
        return key == Key(image::SlotPlace::table, grant.table, static_cast<uint32_t>(grant.slot));
    });
    if (is_granted && type_of(found) == abi::ObjectType::untyped) {
        return true;  // there is no other of its kind
    }
    const auto known = expected_.find(key);
    if (known == expected_.end()) {
        return false;
    }
    const image::SlotRecord& expected = *known->second;
    const bool same_object = expected.object >= image::authority_base || number_of(found) == expected.object;
    // Where a capability to a frame is mapped stands in the page tables.
    const bool same_detail = type_of(found) == abi::ObjectType::frame || found.detail == expected.detail;
    return found.type == expected.type && same_object && found.rights == expected.rights && same_detail &&
           found.size == expected.size;
}

void Snapshot::take_tables() {
    for (const Slot& found : state_.slots) {
        const ObjectId container = specified(found.holder);
        const ObjectId result = found.place == image::SlotPlace::table ? result_of(found.holder) : ObjectId::none;
        if (result == ObjectId::none || is_supply(container, found)) {
            continue;
        }
        places_.emplace(found.slot, SlotPlace{result, found.index});
        if (container == ObjectId::none) {
            add_found(result, found.index, found);
        } else {
            take_slot(container, found.index, &found, Key(found.place, found.holder, found.index));
        }
    }
}

// `container` and `slot` are the spec's, `key` says where what it wants there is to be found.
void Snapshot::take_slot(ObjectId container, uint64_t slot, const Slot* found, const Key& key) {
    if (found == nullptr) {
        return;
    }
    const Capability* wanted = spec_.slot(container, slot);
    const bool is_rest = wanted != nullptr && wanted->authority == Authority::remaining_untyped;
    if (as_specified(*found, key) || is_handed_over(*found)) {
        if (wanted != nullptr && (is_rest || !is_handed_over(*found))) {
            add_copy(*wanted);  // otherwise the compiler has added it, or it is more of the memory that is left
        }
        return;
    }
    add_found(taken(container), slot, *found);
}

bool Snapshot::is_handed_over(const Slot& found) const {
    return type_of(found) == abi::ObjectType::untyped &&
           std::ranges::any_of(state_.handovers, [&found](const ObservedState::Handover& handover) {
               return handover.table == found.holder && handover.slot == found.index && handover.pages == found.size;
           });
}

void Snapshot::add_copy(const Capability& specified) {
    Capability copy = specified;
    copy.container = taken(specified.container);
    copy.object = taken(specified.object);
    copy.parent = CapabilityId::none;
    if (copy.has_mapping) {
        const SlotPlace place = spec_.mappings[specified.word];
        copy.word = result_.mappings.size();
        result_.mappings.push_back({taken(place.container), place.slot});
    }
    result_.add(copy);
}

ObjectId Snapshot::object_of(const Slot& found, ObjectId container, uint64_t slot) {
    if (const auto known = objects_.find(identity_of(found)); known != objects_.end()) {
        return known->second;
    }
    const uint32_t number = number_of(found);
    std::string name;
    const bool is_new = number != image::none && number >= plan_.objects.size();
    if (number != image::none && !is_new) {
        name = plan_.names.c_str() + plan_.objects[number].name;  // the compiler has added it
    } else {
        name = fmt::format("{}.slot{}", result_.name_of(container), slot);
        std::ranges::replace(name, '[', '.');
        std::erase(name, ']');
    }
    const ObjectId made = new_object(type_of(found), found.size, name, is_new ? number : image::none);
    objects_.emplace(identity_of(found), made);
    return made;
}

void Snapshot::add_found(ObjectId container, uint64_t slot, const Slot& found) {
    Capability capability;
    capability.container = container;
    capability.slot = slot;
    capability.authority = authority_of(type_of(found));
    if (capability.authority == Authority::none) {
        capability.object = object_of(found, container, slot);
        if (capability.object == ObjectId::none) {
            return;
        }
        const ObjectType type = result_[capability.object].type;
        if (types_with_rights.contains(type)) {
            capability.rights = Rights(static_cast<uint8_t>(found.rights & Rights::all));
        }
        if (types_with_badge.contains(type)) {
            capability.word = found.detail;
        } else if (type == ObjectType::cnode) {
            capability.word = found.detail >> guard_size_bits;
            capability.guard_size = static_cast<uint8_t>(found.detail & guard_size_mask);
        }
    } else if (capability.authority == Authority::sched_control) {
        capability.word = found.detail;
    }
    result_.add(capability);
}

// A thread's table, space and endpoints are its task's.
void Snapshot::take_threads() {
    constexpr std::pair<ThreadSlot, abi::TaskSlot> of_task[] = {
        {ThreadSlot::cspace, abi::TaskSlot::table},
        {ThreadSlot::vspace, abi::TaskSlot::space},
        {ThreadSlot::fault_ep_slot, abi::TaskSlot::fault_endpoint},
        {ThreadSlot::temp_fault_ep_slot, abi::TaskSlot::timeout_endpoint},
    };
    for (const image::ThreadRecord& record : plan_.threads) {
        const ObjectId thread = specified(record.thread);
        if (taken(thread) == ObjectId::none) {
            continue;
        }
        const auto key = [](image::SlotPlace place, uint32_t holder, auto index) {
            return Key(place, holder, static_cast<uint32_t>(index));
        };
        const Slot* bound = found_at(key(image::SlotPlace::thread, record.thread, abi::ThreadSlot::task));
        const uint32_t task = bound == nullptr ? image::none : number_of(*bound);
        for (const auto& [slot, place] : of_task) {
            const Slot* found = found_at(key(image::SlotPlace::task, task, place));
            take_slot(thread, static_cast<uint64_t>(slot), found, key(image::SlotPlace::task, record.task, place));
        }
        const Key buffer = key(image::SlotPlace::thread, record.thread, abi::ThreadSlot::buffer);
        take_slot(thread, static_cast<uint64_t>(ThreadSlot::ipc_buffer_slot), found_at(buffer), buffer);
        const auto seen = std::ranges::find(state_.threads, record.thread, &ObservedState::Thread::number);
        if (seen != state_.threads.end()) {
            take_bound(record.thread, ThreadSlot::sc_slot, seen->context, record.sched_context);
            take_bound(record.thread, ThreadSlot::bound_notification, seen->notification, record.notification);
        }
    }
}

// Those that were made since: all that they have was found.
void Snapshot::take_new_threads() {
    for (const ObservedState::Thread& seen : state_.threads) {
        const auto known = made_since_.find(seen.number);
        if (known == made_since_.end()) {
            continue;
        }
        const auto add = [&](ThreadSlot slot, image::SlotPlace place, uint32_t holder, auto index) {
            if (const Slot* found = found_at(Key(place, holder, static_cast<uint32_t>(index)))) {
                add_found(known->second, static_cast<uint64_t>(slot), *found);
            }
        };
        const Slot* bound =
            found_at(Key(image::SlotPlace::thread, seen.number, static_cast<uint32_t>(abi::ThreadSlot::task)));
        if (const uint32_t task = bound == nullptr ? image::none : number_of(*bound); task != image::none) {
            add(ThreadSlot::cspace, image::SlotPlace::task, task, abi::TaskSlot::table);
            add(ThreadSlot::vspace, image::SlotPlace::task, task, abi::TaskSlot::space);
            add(ThreadSlot::fault_ep_slot, image::SlotPlace::task, task, abi::TaskSlot::fault_endpoint);
            add(ThreadSlot::temp_fault_ep_slot, image::SlotPlace::task, task, abi::TaskSlot::timeout_endpoint);
        }
        add(ThreadSlot::ipc_buffer_slot, image::SlotPlace::thread, seen.number, abi::ThreadSlot::buffer);
        const auto bind = [&](ThreadSlot slot, abi::ObjectType type, uint64_t identity) {
            if (identity != 0) {
                Slot found;
                found.type = static_cast<uint32_t>(type);
                found.rights = Rights::read | Rights::write;
                found.object = identity;
                add_found(known->second, static_cast<uint64_t>(slot), found);
            }
        };
        bind(ThreadSlot::sc_slot, abi::ObjectType::sched_context, seen.context);
        bind(ThreadSlot::bound_notification, abi::ObjectType::notification, seen.notification);
    }
}

// What a thread is bound to is no capability of the kernel's.
void Snapshot::take_bound(uint32_t thread, ThreadSlot slot, uint64_t identity, uint32_t expected) {
    if (identity == 0) {
        return;
    }
    const Capability* wanted = spec_.slot(specified(thread), slot);
    const uint32_t number = number_of(identity);
    if (number != image::none && number == expected) {
        if (wanted != nullptr) {
            add_copy(*wanted);
        }
        return;
    }
    const auto type = slot == ThreadSlot::sc_slot ? abi::ObjectType::sched_context : abi::ObjectType::notification;
    Slot found;
    found.type = static_cast<uint32_t>(type);
    found.rights = Rights::read | Rights::write;
    found.object = identity;
    add_found(taken(specified(thread)), static_cast<uint64_t>(slot), found);
}

void Snapshot::take_interrupts() {
    for (const image::InterruptRecord& record : plan_.interrupts) {
        const Key key(image::SlotPlace::handler, record.handler, 0);
        if (const ObjectId handler = specified(record.handler); taken(handler) != ObjectId::none) {
            take_slot(handler, 0, found_at(key), key);
        }
    }
}

}  // namespace capdl
