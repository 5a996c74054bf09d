// SPDX-License-Identifier: BSD-2-Clause
// What can affect what, directly: what is so from the start.
#include "analysis/influence.hpp"

#include <fmt/format.h>
#include <unordered_map>

namespace capdl {

Influence::Influence(const Model& model, const std::vector<ObjectId>& trusted)
    : model_(model),
      flow_(model, trusted),
      edges_(model.objects.size()),
      tables_with_(model.objects.size()),
      acts_(model.objects.size(), false),
      interrupt_control_(special("irq_control")),
      power_(special("power")),
      remaining_(special("remaining_untyped")),
      memory_in_(special("all memory, by a device that writes it")),
      memory_out_(special("all memory, by a device that reads it")),
      time_(special("processor time")) {
    if (!flow_.is_whole()) {
        return;
    }
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        acts_[index] = model.objects[index].type == ObjectType::tcb;
    }
    for (const ObjectId each : trusted) {
        acts_[index_of(each)] = false;
    }
    devices();
    effects_.resize(edges_.size());
    structure();
    for (const Capability& capability : model.capabilities) {
        if (model[capability.container].type == ObjectType::cnode) {
            held(model.id_of(&capability));
        }
        derived(capability);
    }
    join();
}

std::optional<std::string> Influence::refusal() const {
    return flow_.is_whole()
               ? std::nullopt
               : std::optional(fmt::format("who can come to hold what takes more than {} steps to find out",
                                           AuthorityFlow::step_limit));
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
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const bool is_thread = model_[id].type == ObjectType::tcb;
        edge(memory_in_, node(id), is_thread ? "holds all there is of" : "holds");
        edge(node(id), memory_out_, "is seen in");
        if (is_thread) {
            thread_slots(id);
            edge(power_, node(id), "can be switched off under");
            edge(time_, node(id), "is what runs");
        }
        for (const ObjectId child :
             model_.children_of(id)) {  // who takes an untyped back ends all that is made from it
            edge(node(id), node(child), "is the memory of");
        }
    }
    mapped_frames();
    interrupts();
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
void Influence::mapped_frames() {
    std::vector<ObjectId> tables;
    std::vector<bool> is_known(model_.objects.size(), false);
    const auto meet = [&](ObjectId table) {
        if (!is_known[index_of(table)]) {
            is_known[index_of(table)] = true;
            tables.push_back(table);
        }
    };
    for (const Capability& slot : model_.capabilities) {
        const bool is_space =
            model_[slot.container].type == ObjectType::tcb && slot.slot == static_cast<uint64_t>(ThreadSlot::vspace);
        if (is_space && slot.object != ObjectId::none) {
            meet(slot.object);
        }
    }
    for (size_t at = 0; at < tables.size(); ++at) {
        const ObjectId table = tables[at];
        for (const Capability& entry : model_.slots_of(table)) {
            if (entry.object == ObjectId::none) {
                continue;
            }
            if (model_[entry.object].type == ObjectType::frame) {
                accesses(entry.object, effective_rights(model_, entry), model_.id_of(&entry));
                continue;
            }
            both(node(table), node(entry.object), "has in it", "is part of", ObjectId::none, model_.id_of(&entry));
            tables_with_[index_of(entry.object)].push_back(table);
            meet(entry.object);
        }
    }
}

// An interrupt is raised by its device, and signals its notification.
void Influence::interrupts() {
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
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

void Influence::devices() {
    std::unordered_map<std::string, Node> known;
    const auto device_node = [&](const std::string& name) {
        const auto [device, is_new] = known.try_emplace(name);
        if (is_new) {
            device->second = special(name);
        }
        return device->second;
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
    }
}

}  // namespace capdl
