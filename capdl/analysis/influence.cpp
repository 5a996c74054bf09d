// SPDX-License-Identifier: BSD-2-Clause
// What can affect what, directly: what is so from the start.
#include "analysis/influence.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace capdl {

Influence::Influence(const Model& model, const std::vector<ObjectId>& trusted)
    : model_(model),
      flow_(model, trusted),
      edges_(model.objects.size()),
      children_(model.capabilities.size()),
      binds_(model.objects.size(), false),
      interrupt_control_(special("irq_control")),
      power_(special("power")),
      remaining_(special("remaining_untyped")),
      memory_in_(special("all memory, by a device that writes it")),
      memory_out_(special("all memory, by a device that reads it")),
      time_(special("processor time")) {
    for (const Capability& capability : model.capabilities) {
        if (capability.parent != CapabilityId::none) {
            children_[index_of(capability.parent)].push_back(model.id_of(&capability));
        }
    }
    structure();
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto thread = static_cast<ObjectId>(index);
        if (model[thread].type != ObjectType::tcb || std::ranges::find(trusted, thread) != trusted.end()) {
            continue;
        }
        flow_.each_held(thread, [&](CapabilityId id) {
            const Capability& capability = model_[id];
            const bool makes = capability.object == ObjectId::none
                                   ? capability.authority == Authority::remaining_untyped
                                   : model_[capability.object].type == ObjectType::tcb ||
                                         model_[capability.object].type == ObjectType::ut;
            binds_[index] = binds_[index] || makes;
        });
        flow_.each_held(thread, [&](CapabilityId id) { held(thread, id); });
    }
}

Influence::Node Influence::special(std::string name) {
    special_names_.push_back(std::move(name));
    edges_.emplace_back();
    return static_cast<Node>(edges_.size() - 1);
}

std::string Influence::name(Node node) const {
    const size_t objects = model_.objects.size();
    return node < objects ? model_.name_of(static_cast<ObjectId>(node)) : special_names_[node - objects];
}

void Influence::edge(Node from, Node to, std::string_view how, ObjectId thread, CapabilityId capability) {
    if (from != to) {
        edges_[from].push_back({to, how, thread, capability});
    }
}

void Influence::both(Node a, Node b, std::string_view there, std::string_view back, ObjectId thread,
                     CapabilityId capability) {
    edge(a, b, there, thread, capability);
    edge(b, a, back, thread, capability);
}

void Influence::structure() {
    std::vector<std::vector<ObjectId>> threads_of(model_.objects.size());
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model_[id].type != ObjectType::tcb) {
            continue;
        }
        thread_slots(id);
        edge(power_, node(id), "can be switched off under");
        edge(time_, node(id), "is what runs");
        edge(memory_in_, node(id), "holds all there is of");
        edge(node(id), memory_out_, "is seen in");
        if (const Capability* space = model_.slot(id, ThreadSlot::vspace); space != nullptr) {
            threads_of[index_of(space->object)].push_back(id);
        }
    }
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        edge(memory_in_, node(id), "holds");
        if (model_[id].type != ObjectType::tcb) {
            edge(node(id), memory_out_, "is seen in");
        }
        if (!threads_of[index].empty()) {
            mapped_frames(id, threads_of[index], 0);
        }
    }
    interrupts();
    covered_objects();
}

void Influence::thread_slots(ObjectId thread) {
    for (const Capability& slot : model_.slots_of(thread)) {
        if (slot.object == ObjectId::none) {
            continue;
        }
        const CapabilityId id = model_.id_of(&slot);
        const Node other = node(slot.object);
        switch (static_cast<ThreadSlot>(slot.slot)) {
        case ThreadSlot::cspace: both(node(thread), other, "uses up", "gives its capabilities to", thread, id); break;
        case ThreadSlot::vspace: both(node(thread), other, "runs in", "maps the memory of", thread, id); break;
        case ThreadSlot::ipc_buffer_slot:
            both(node(thread), other, "sends from", "holds messages of", thread, id);
            break;
        case ThreadSlot::fault_ep_slot:
        case ThreadSlot::temp_fault_ep_slot:
            both(node(thread), other, "sends faults through", "brings answers to faults to", thread, id);
            break;
        case ThreadSlot::sc_slot: both(node(thread), other, "uses the time of", "gives time to", thread, id); break;
        case ThreadSlot::bound_notification: both(node(thread), other, "clears", "wakes", thread, id); break;
        case ThreadSlot::reply_slot:
        case ThreadSlot::caller_slot:
        case ThreadSlot::bound_vcpu: both(node(thread), other, "uses", "is used by", thread, id); break;
        }
    }
}

// Tables hang in each other; the threads of a space reach its frames.
void Influence::mapped_frames(ObjectId table, const std::vector<ObjectId>& threads, unsigned depth) {
    constexpr unsigned most_levels = 8;  // of any architecture; a table of RISC-V can hang in itself
    if (depth == most_levels) {
        return;
    }
    for (const Capability& entry : model_.slots_of(table)) {
        if (entry.object == ObjectId::none) {
            continue;
        }
        if (model_[entry.object].type == ObjectType::frame) {
            for (const ObjectId thread : threads) {
                accesses(thread, entry.object, effective_rights(model_, entry), model_.id_of(&entry));
            }
        } else {
            both(node(table), node(entry.object), "has in it", "is part of", ObjectId::none, model_.id_of(&entry));
            mapped_frames(entry.object, threads, depth + 1);
        }
    }
}

// An interrupt is raised by its device, and signals its notification.
void Influence::interrupts() {
    const auto device_node = [this](const std::string& name) {
        const auto known = std::ranges::find(devices_, name, &std::pair<std::string, Node>::first);
        if (known != devices_.end()) {
            return known->second;
        }
        devices_.emplace_back(name, special(name));
        return devices_.back().second;
    };
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (const ObjectParameter* device = model_.parameter(id, Parameter::device)) {
            both(node(id), device_node(fmt::format("device \"{}\"", model_.text(device->text))), "is part of",
                 "shows in");
        } else if (const std::optional<uint64_t> address = model_.value(id, Parameter::paddr);
                   address && model_[id].type == ObjectType::frame) {
            both(node(id), device_node(fmt::format("memory at {:#x}", *address)), "is", "is");
        }
        if (!model_.is_interrupt(id)) {
            continue;
        }
        both(interrupt_control_, node(id), "can take the line of", "keeps a line from");
        for (const Capability& slot : model_.slots_of(id)) {
            if (slot.object != ObjectId::none) {
                edge(node(id), node(slot.object), "signals", ObjectId::none, model_.id_of(&slot));
            }
        }
    }
}

// Who can take an untyped back ends all that is made from it.
void Influence::covered_objects() {
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        for (const ObjectId child : model_.children_of(static_cast<ObjectId>(index))) {
            edge(index, node(child), "is the memory of");
        }
    }
}

}  // namespace capdl
