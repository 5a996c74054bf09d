// SPDX-License-Identifier: BSD-2-Clause
// What can affect what, directly: what capabilities let threads do.
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

void Influence::held(CapabilityId id) {
    if (model_[id].object == ObjectId::none) {
        held_authority(id);
    } else {
        held_object(id);
    }
}

// Who holds a capability and its table can take back what is derived from it, and sees whether there is something.
void Influence::derived(const Capability& capability) {
    if (capability.parent != CapabilityId::none) {
        effect(node(capability.container), {.capability = capability.parent,
                                            .there = "can take capabilities back from",
                                            .back = "has something derived from what is held by",
                                            .there_needs = Needs::table,
                                            .back_needs = Needs::table});
    }
}

void Influence::held_object(CapabilityId id) {
    const ObjectId object = model_[id].object;
    const Node other = node(object);
    switch (model_[object].type) {
    case ObjectType::ep: held_endpoint(id); break;
    case ObjectType::notification: held_notification(id); break;
    case ObjectType::frame: accesses(object, effective_rights(model_, model_[id]), id); break;
    case ObjectType::cnode: effect(other, {id, "fills and empties", "shows what is in it to"}); break;
    case ObjectType::pt:
    case ObjectType::pd:
    case ObjectType::pud:
    case ObjectType::pgd: effect(other, {id, "maps memory in", "shows what it maps to"}); break;
    case ObjectType::tcb: effect(other, {id, "controls", "is read by"}); break;
    case ObjectType::sc: effect(other, {id, "sets and takes the time of", "tells its time to"}); break;
    case ObjectType::rtreply: effect(other, {id, "answers through", "is open or not for"}); break;
    case ObjectType::ut: effect(other, {id, "gives out or takes back", "is full or not for"}); break;
    case ObjectType::irq:
    case ObjectType::arm_irq: effect(other, {id, "binds and acknowledges", "is active or not for"}); break;
    case ObjectType::asid_pool: break;
    default: effect(other, {id, "controls", "is seen by"}); break;
    }
}

// Even one-way use of an endpoint tells something back: whether somebody waits at the other end.
void Influence::held_endpoint(CapabilityId id) {
    const Rights rights = effective_rights(model_, model_[id]);
    const Node endpoint = node(model_[id].object);
    if (rights.has(Rights::write)) {
        const bool calls = rights.has(Rights::reply);
        effect(endpoint, {id, calls ? "calls through" : "sends through",
                          calls ? "brings answers to" : "lets go on, once received,"});
    }
    if (rights.has(Rights::read)) {
        effect(endpoint, {id, "receives and answers through", "brings messages to"});
    }
}

void Influence::held_notification(CapabilityId id) {
    const Rights rights = effective_rights(model_, model_[id]);
    const Node notification = node(model_[id].object);
    if (rights.has(Rights::write)) {
        effect(notification,
               {.capability = id, .there = "signals", .back = "is bound or not for", .back_needs = Needs::maker});
    }
    if (rights.has(Rights::read)) {
        effect(notification, {id, "clears", "signals"});
    }
}

void Influence::accesses(ObjectId frame, Rights rights, CapabilityId id) {
    if (rights.has(Rights::write)) {
        effect(node(frame), {.capability = id, .there = "writes"});
        masters_bus(frame, id);
    }
    if (rights.has(Rights::read) || rights.has(Rights::transfer)) {
        effect(node(frame), {.capability = id, .back = "is read by"});
    }
}

// Whoever controls a device that reads and writes memory has all memory, as long as nothing stands in between.
void Influence::masters_bus(ObjectId frame, CapabilityId id) {
    const ObjectParameter* device = model_.parameter(frame, Parameter::device);
    const bool has_address = model_.parameter(frame, Parameter::paddr) != nullptr;
    if ((device == nullptr && !has_address) || model_.value(frame, Parameter::dma) == 0 ||
        (device != nullptr && is_harmless(model_.text(device->text)))) {
        return;
    }
    effect(memory_in_, {.capability = id, .there = "drives a device that can write"});
    effect(memory_out_, {.capability = id, .back = "is in reach of a device of"});
}

void Influence::held_authority(CapabilityId id) {
    switch (model_[id].authority) {
    case Authority::irq_control:
        effect(interrupt_control_, {id, "hands out lines of", "has lines left or not for"});
        break;
    case Authority::power_control: effect(power_, {.capability = id, .there = "can switch off"}); break;
    case Authority::sched_control: effect(time_, {.capability = id, .there = "gives out"}); break;
    case Authority::remaining_untyped: effect(remaining_, {id, "uses", "is full or not for"}); break;
    default: break;
    }
}

}  // namespace capdl
