// SPDX-License-Identifier: BSD-2-Clause
// Prints a Model as a spec: capabilities, interrupts, the derivation tree, domains.
#include <algorithm>
#include <fmt/format.h>

#include "model/printer.hpp"

namespace capdl {

std::string Printer::slot_text(ObjectId container, uint64_t slot) const {
    if (model_[container].type == ObjectType::tcb && slot < thread_slot_count) {
        return std::string(word(static_cast<ThreadSlot>(slot)));
    }
    return fmt::format("{}", slot);
}

void Printer::capabilities() {
    out_ += "\ncaps {";
    for (const ObjectId id : order_) {
        if (model_[id].slots.count != 0) {
            container(id);
        }
    }
    out_ += "\n}\n";
}

// Whether `next` is the following slot with the following (step 1) or preceding (step -1) element of the same array.
bool Printer::continues(const Capability& previous, const Capability& next, int& step) const {
    if (next.slot != previous.slot + 1 || next.object == ObjectId::none || previous.object == ObjectId::none ||
        model_[next.object].name != model_[previous.object].name || model_[next.object].element == no_index) {
        return false;
    }
    const int difference =
        static_cast<int>(model_[next.object].element) - static_cast<int>(model_[previous.object].element);
    const bool same = next.rights == previous.rights && next.cached == previous.cached &&
                      next.executable == previous.executable && next.guard_size == previous.guard_size &&
                      next.reply == previous.reply && next.word == previous.word && next.second == previous.second &&
                      !next.has_mapping && !previous.has_mapping;
    if (!same || (difference != 1 && difference != -1) || (step != 0 && step != difference)) {
        return false;
    }
    step = difference;
    return true;
}

void Printer::container(ObjectId id) {
    line(1);
    out_ += model_.name_of(id) + " {";
    const std::span<const Capability> slots = model_.slots_of(id);
    for (size_t index = 0; index < slots.size();) {
        size_t last = index;
        int step = 0;
        while (last + 1 < slots.size() && continues(slots[last], slots[last + 1], step)) {
            ++last;
        }
        const Capability& first = slots[index];
        line(2);
        out_ += slot_text(id, first.slot) + ": ";
        if (first.object == ObjectId::none) {
            out_ += word(first.authority);
        } else if (last == index) {
            out_ += model_.name_of(first.object);
        } else {
            out_ += fmt::format("{}[{}..{}]", model_.text(model_[first.object].name), model_[first.object].element,
                                model_[slots[last].object].element);
        }
        out_ += parameters_of(first);
        index = last + 1;
    }
    line(1);
    out_ += '}';
}

std::string Printer::parameters_of(const Capability& capability) const {
    std::string text;
    const auto add = [&](std::string_view part) {
        text += text.empty() ? "" : ", ";
        text += part;
    };
    const bool is_frame = capability.object != ObjectId::none && model_[capability.object].type == ObjectType::frame;
    if (capability.rights != Rights()) {
        std::string letters;
        letters += capability.rights.has(Rights::read) ? "R" : "";
        letters += capability.rights.has(Rights::write) ? "W" : "";
        letters += capability.rights.has(Rights::transfer) ? (is_frame ? "X" : "G") : "";
        letters += capability.rights.has(Rights::reply) ? "P" : "";
        if (!letters.empty()) {
            add(letters);
        }
    }
    if (capability.object != ObjectId::none) {
        const ObjectType type = model_[capability.object].type;
        if (types_with_badge.contains(type) && capability.word != 0) {
            add(fmt::format("badge: {}", capability.word));
        }
        if (type == ObjectType::cnode && capability.guard_size != 0) {
            add(fmt::format("guard: {}", capability.word));
            add(fmt::format("guard_size: {}", capability.guard_size));
        }
        if (capability.second != 0) {
            add(fmt::format("asid: ({}, {})", (capability.second - 1) >> 32, (capability.second - 1) & 0xFFFF'FFFF));
        }
    }
    switch (capability.authority) {
    case Authority::sched_control: add(fmt::format("core: {}", capability.word)); break;
    case Authority::sgi_signal: add(fmt::format("target: {}, irq: {}", capability.second, capability.word)); break;
    case Authority::remaining_untyped:
        if (capability.word != 0) {
            add(fmt::format("quota: {}", capability.word));
        }
        break;
    default: break;
    }
    if (capability.cached != Cached::unsaid) {
        add(capability.cached == Cached::cached ? "cached" : "uncached");
    }
    if (capability.executable != Executable::unsaid) {
        add(capability.executable == Executable::executable ? "executable" : "execute_never");
    }
    if (capability.rights.has(Rights::inspect)) {
        add("inspect");
    }
    if (capability.reply != ReplyKind::none) {
        add(capability.reply == ReplyKind::reply ? "reply" : "master_reply");
    }
    if (capability.has_mapping) {
        const SlotPlace place = model_.mappings[capability.word];
        add(fmt::format("mapping: ({}, {})", model_.name_of(place.container), slot_text(place.container, place.slot)));
    }
    return text.empty() ? "" : fmt::format(" ({})", text);
}

void Printer::interrupts() {
    if (model_.interrupts.empty()) {
        return;
    }
    out_ += "\nirq maps {";
    for (const InterruptMapping& mapping : model_.interrupts) {
        line(1);
        out_ += fmt::format("{}: {}", mapping.number, model_.name_of(mapping.object));
    }
    out_ += "\n}\n";
}

void Printer::derivations() {
    std::vector<CapabilityId> children;
    for (uint32_t index = 0; index < model_.capabilities.size(); ++index) {
        if (model_.capabilities[index].parent != CapabilityId::none) {
            children.push_back(static_cast<CapabilityId>(index));
        }
    }
    if (children.empty()) {
        return;
    }
    const auto rank = [this](CapabilityId id) {
        return std::pair(rank_[index_of(model_[id].container)], model_[id].slot);
    };
    std::ranges::sort(children, {}, [&](CapabilityId id) { return std::pair(rank(model_[id].parent), rank(id)); });
    const auto place = [this](CapabilityId id) {
        const Capability& capability = model_[id];
        return fmt::format("({}, {})", model_.name_of(capability.container),
                           slot_text(capability.container, capability.slot));
    };
    out_ += "\ncdt {";
    for (size_t index = 0; index < children.size(); ++index) {
        const CapabilityId parent = model_[children[index]].parent;
        if (index == 0 || model_[children[index - 1]].parent != parent) {
            line(1);
            out_ += place(parent) + " {";
        }
        line(2);
        out_ += place(children[index]);
        if (index + 1 == children.size() || model_[children[index + 1]].parent != parent) {
            line(1);
            out_ += '}';
        }
    }
    out_ += "\n}\n";
}

void Printer::domains() {
    if (!model_.domains) {
        return;
    }
    const SyntaxDomains& domains = *model_.domains;
    out_ += "\ndomains {";
    if (!domains.schedule.empty()) {
        line(1);
        out_ += "schedule: [";
        for (size_t index = 0; index < domains.schedule.size(); ++index) {
            const SyntaxDomains::Entry& entry = domains.schedule[index];
            const std::string_view unit = model_.text(entry.unit);
            out_ += fmt::format("{}({}, {}{}{})", index == 0 ? "" : ", ", entry.domain, entry.duration,
                                unit.empty() ? "" : " ", unit);
        }
        out_ += ']';
    }
    if (domains.has_start) {
        line(1);
        out_ += domains.start ? fmt::format("domain_set_start: {}", *domains.start) : "domain_set_start: no_start";
    }
    line(1);
    out_ += fmt::format("index_shift: {}\n}}\n", domains.index_shift);
}

}  // namespace capdl
