// SPDX-License-Identifier: BSD-2-Clause
// What can affect what, directly: what threads can do by the capabilities that they can come to hold.
#include <algorithm>
#include <array>

#include "analysis/influence.hpp"

namespace capdl {
namespace {

// Devices that are known not to read or write memory by themselves: consoles, by the device tree's usual aliases.
bool is_harmless(std::string_view device) {
    constexpr std::array<std::string_view, 2> prefixes{"stdout", "serial"};
    return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return device.starts_with(prefix); });
}

}  // namespace

void Influence::held(ObjectId thread, CapabilityId id) {
    if (model_[id].object == ObjectId::none) {
        held_authority(thread, id);
    } else {
        held_object(thread, id);
    }
    if (flow_.accepts(thread)) {
        derived(thread, id);
    }
}

void Influence::held_object(ObjectId thread, CapabilityId id) {
    const ObjectId object = model_[id].object;
    const Node other = node(object);
    switch (model_[object].type) {
    case ObjectType::ep: held_endpoint(thread, id); break;
    case ObjectType::notification: held_notification(thread, id); break;
    case ObjectType::frame: accesses(thread, object, effective_rights(model_, model_[id]), id); break;
    case ObjectType::cnode: both(node(thread), other, "fills and empties", "shows what is in it to", thread, id); break;
    case ObjectType::pt:
    case ObjectType::pd:
    case ObjectType::pud:
    case ObjectType::pgd: both(node(thread), other, "maps memory in", "shows what it maps to", thread, id); break;
    case ObjectType::tcb: both(node(thread), other, "controls", "is read by", thread, id); break;
    case ObjectType::sc:
        both(node(thread), other, "sets and takes the time of", "tells its time to", thread, id);
        break;
    case ObjectType::rtreply: both(node(thread), other, "answers through", "is open or not for", thread, id); break;
    case ObjectType::ut: both(node(thread), other, "gives out or takes back", "is full or not for", thread, id); break;
    case ObjectType::irq:
    case ObjectType::arm_irq:
        both(node(thread), other, "binds and acknowledges", "is active or not for", thread, id);
        break;
    case ObjectType::asid_pool: break;
    default: both(node(thread), other, "controls", "is seen by", thread, id); break;
    }
}

// Even one-way use of an endpoint tells something back: whether somebody waits at the other end.
void Influence::held_endpoint(ObjectId thread, CapabilityId id) {
    const Rights rights = effective_rights(model_, model_[id]);
    const Node endpoint = node(model_[id].object);
    if (rights.has(Rights::write)) {
        const bool calls = rights.has(Rights::reply);
        both(node(thread), endpoint, calls ? "calls through" : "sends through",
             calls ? "brings answers to" : "lets go on, once received,", thread, id);
    }
    if (rights.has(Rights::read)) {
        both(node(thread), endpoint, "receives and answers through", "brings messages to", thread, id);
    }
}

void Influence::held_notification(ObjectId thread, CapabilityId id) {
    const Rights rights = effective_rights(model_, model_[id]);
    const Node notification = node(model_[id].object);
    if (rights.has(Rights::write)) {
        edge(node(thread), notification, "signals", thread, id);
        if (can_bind(thread)) {
            edge(notification, node(thread), "is bound or not for", thread, id);
        }
    }
    if (rights.has(Rights::read)) {
        both(node(thread), notification, "clears", "signals", thread, id);
    }
}

void Influence::accesses(ObjectId thread, ObjectId frame, Rights rights, CapabilityId id) {
    if (rights.has(Rights::write)) {
        edge(node(thread), node(frame), "writes", thread, id);
        masters_bus(thread, frame, id);
    }
    if (rights.has(Rights::read) || rights.has(Rights::transfer)) {
        edge(node(frame), node(thread), "is read by", thread, id);
    }
}

// Whoever controls a device that reads and writes memory has all memory, as long as nothing stands in between.
void Influence::masters_bus(ObjectId thread, ObjectId frame, CapabilityId id) {
    const ObjectParameter* device = model_.parameter(frame, Parameter::device);
    const bool has_address = model_.parameter(frame, Parameter::paddr) != nullptr;
    if ((device == nullptr && !has_address) || model_.value(frame, Parameter::dma) == 0 ||
        (device != nullptr && is_harmless(model_.text(device->text)))) {
        return;
    }
    edge(node(thread), memory_in_, "drives a device that can write", thread, id);
    edge(memory_out_, node(thread), "is in reach of a device of", thread, id);
}

void Influence::held_authority(ObjectId thread, CapabilityId id) {
    switch (model_[id].authority) {
    case Authority::irq_control:
        both(node(thread), interrupt_control_, "hands out lines of", "has lines left or not for", thread, id);
        break;
    case Authority::power_control: edge(node(thread), power_, "can switch off", thread, id); break;
    case Authority::sched_control: edge(node(thread), time_, "gives out", thread, id); break;
    case Authority::remaining_untyped: both(node(thread), remaining_, "uses", "is full or not for", thread, id); break;
    default: break;
    }
}

// Who holds a capability and its table can take back what is derived from it, and sees whether there is something.
void Influence::derived(ObjectId thread, CapabilityId parent) {
    for (const CapabilityId child : children_[index_of(parent)]) {
        both(node(thread), node(model_[child].container), "can take capabilities back from",
             "has something derived from what is held by", thread, parent);
    }
}

}  // namespace capdl
