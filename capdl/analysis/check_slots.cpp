// SPDX-License-Identifier: BSD-2-Clause
// Judges a spec by itself: what stands in which slot.
#include <algorithm>
#include <fmt/format.h>

#include "analysis/checker.hpp"
#include "text/sizes.hpp"

namespace capdl {
namespace {

// Numbers of interrupts have at most 32 bits (RISC-V Platform-Level Interrupt Controller; Arm's have 24).
constexpr uint64_t highest_interrupt = 0xffff'ffff;

}  // namespace

void Checker::check_slots() {
    const Capability* previous = nullptr;
    for (const Capability& capability : model_.capabilities) {
        if (previous != nullptr && previous->container == capability.container && previous->slot == capability.slot) {
            diagnostics_
                .error(capability.span,
                       fmt::format("slot {} of `{}` is filled twice", capability.slot, name(capability.container)))
                .note(previous->span, "first here");
        }
        check_slot(capability);
        check_guard(capability);
        check_inspection(capability);
        previous = &capability;
    }
    check_table_parents();
    check_bound_once();
}

std::optional<uint64_t> Checker::slots_in(ObjectId id) const {
    if (model_[id].type != ObjectType::cnode) {
        return slot_count(model_.architecture, model_[id].type);
    }
    const std::optional<uint64_t> bits = model_.value(id, Parameter::bits);
    if (!bits || *bits > 63) {
        return std::nullopt;
    }
    return uint64_t{1} << *bits;
}

void Checker::check_slot(const Capability& capability) {
    if (capability.object == ObjectId::none && capability.authority == Authority::none) {
        return;  // a copy of what is not there, which has been reported
    }
    const Object& container = model_[capability.container];
    const std::optional<uint64_t> slots = slots_in(capability.container);
    if (slots == 0) {
        diagnostics_
            .error(capability.span, fmt::format("`{}` is {} and holds no capabilities", name(capability.container),
                                                describe(container.type)))
            .note(container.span, "declared here");
        return;
    }
    if (slots && capability.slot >= *slots) {
        diagnostics_
            .error(capability.span, fmt::format("slot {} is beyond `{}`, which has {} slot{}", capability.slot,
                                                name(capability.container), *slots, *slots == 1 ? "" : "s"))
            .note(container.span, "declared here");
        return;
    }
    if (container.type == ObjectType::tcb) {
        check_thread_slot(capability);
    } else if (model_.is_interrupt(capability.container)) {
        expect_target(capability, {ObjectType::notification}, "a notification");
    } else if (table_types.contains(container.type)) {
        check_table_entry(capability);
    }
}

void Checker::expect_target(const Capability& capability, TypeSet types, std::string_view expected) {
    if (capability.object != ObjectId::none && types.contains(model_[capability.object].type)) {
        return;
    }
    const bool is_object = capability.object != ObjectId::none;
    Diagnostic& error = diagnostics_.error(
        capability.span,
        is_object ? fmt::format("`{}` is {}", name(capability.object), describe(model_[capability.object].type))
                  : fmt::format("this is {}",
                                capability.authority == Authority::none ? "nothing" : word(capability.authority)));
    error.help(fmt::format("here belongs {}", expected));
    if (is_object) {
        error.note(model_[capability.object].span, "declared here");
    }
}

void Checker::check_thread_slot(const Capability& capability) {
    switch (static_cast<ThreadSlot>(capability.slot)) {
    case ThreadSlot::cspace: expect_target(capability, {ObjectType::cnode}, "a capability table (cnode)"); break;
    case ThreadSlot::vspace:
        if (capability.object == ObjectId::none ||
            !is_space_root(model_.architecture, model_[capability.object].type)) {
            expect_target(capability, {}, "the root table of an address space");
        }
        break;
    case ThreadSlot::ipc_buffer_slot: expect_target(capability, {ObjectType::frame}, "a frame"); break;
    case ThreadSlot::fault_ep_slot:
    case ThreadSlot::temp_fault_ep_slot: expect_target(capability, {ObjectType::ep}, "an endpoint (ep)"); break;
    case ThreadSlot::sc_slot: expect_target(capability, {ObjectType::sc}, "a scheduling context (sc)"); break;
    case ThreadSlot::bound_notification: expect_target(capability, {ObjectType::notification}, "a notification"); break;
    case ThreadSlot::bound_vcpu: expect_target(capability, {ObjectType::vcpu}, "a virtual core (vcpu)"); break;
    case ThreadSlot::reply_slot:
    case ThreadSlot::caller_slot: expect_target(capability, {ObjectType::tcb, ObjectType::rtreply}, "a reply"); break;
    }
}

void Checker::check_table_entry(const Capability& capability) {
    const TableLevel* level = table_level(model_.architecture, model_[capability.container].type);
    if (capability.object == ObjectId::none) {
        expect_target(capability, {}, "a frame or a table");
        return;
    }
    const ObjectType type = model_[capability.object].type;
    if (level->children.contains(type)) {
        return;
    }
    if (type != ObjectType::frame) {
        expect_target(capability, {}, "a frame or the table of the next level");
        return;
    }
    const uint64_t size = model_.value(capability.object, Parameter::frame_size).value_or(0);
    // ARM11 and RISC-V repeat an entry or use one type at all levels; there the size alone decides nothing.
    const bool fixed = model_.architecture == Architecture::aarch64 || model_.architecture == Architecture::x86_64;
    if (fixed && size != uint64_t{1} << level->entry_bits && size != 0) {
        diagnostics_
            .error(capability.span, fmt::format("a frame of {} in {}, whose entries cover {}", size_text(size),
                                                describe(level->type), size_text(uint64_t{1} << level->entry_bits)))
            .note(model_[capability.object].span, "the frame is declared here");
    }
}

void Checker::check_guard(const Capability& capability) {
    constexpr uint64_t index_bits = 64;
    if (capability.object == ObjectId::none || model_[capability.object].type != ObjectType::cnode) {
        return;
    }
    const uint64_t size = capability.guard_size;
    const uint64_t bits = model_.value(capability.object, Parameter::bits).value_or(0);
    if (size < index_bits && capability.word >> size != 0) {
        diagnostics_.error(capability.span,
                           fmt::format("the guard {:#x} does not fit in its {} bits", capability.word, size));
    } else if (size != 0 && size + bits > index_bits) {
        diagnostics_
            .error(capability.span,
                   fmt::format("a guard of {} bits before a table of {} bits; an index has {}", size, bits, index_bits))
            .note(model_[capability.object].span, "the table is declared here");
    }
}

// What is in another slot than a table's, nobody invokes.
void Checker::check_inspection(const Capability& capability) {
    if (capability.rights.has(Rights::inspect) && model_[capability.container].type != ObjectType::cnode) {
        diagnostics_
            .error(capability.span, "`inspect` is for capabilities in a table: nobody can use this one to inspect")
            .note(model_[capability.container].span, "it is in a slot of this");
    }
}

// What a capability to a frame says of where that is mapped, the page tables say, too.
void Checker::check_mappings() {
    for (const Capability& capability : model_.capabilities) {
        if (!capability.has_mapping) {
            continue;
        }
        const SlotPlace place = model_.mappings[capability.word];
        const Capability* entry = model_.slot(place.container, place.slot);
        if (!table_types.contains(model_[place.container].type) || entry == nullptr ||
            entry->object != capability.object) {
            diagnostics_
                .error(capability.span, fmt::format("`{}` is not mapped by slot {} of `{}`", name(capability.object),
                                                    place.slot, name(place.container)))
                .help("as `mapping` says");
        }
    }
}

// A table hangs in one place: its entries would mean two addresses otherwise.
void Checker::check_table_parents() {
    std::vector<CapabilityId> parent(model_.objects.size(), CapabilityId::none);
    for (const Capability& capability : model_.capabilities) {
        if (capability.object == ObjectId::none || !table_types.contains(model_[capability.container].type) ||
            !table_types.contains(model_[capability.object].type)) {
            continue;
        }
        CapabilityId& known = parent[index_of(capability.object)];
        if (known != CapabilityId::none) {
            diagnostics_.error(capability.span, fmt::format("`{}` hangs in two places", name(capability.object)))
                .note(model_[known].span, "the other place")
                .note(model_[capability.object].span, "declared here");
        }
        known = model_.id_of(&capability);
    }
}

// A scheduling context serves one thread, and a notification is bound to one.
void Checker::check_bound_once() {
    std::vector<const Capability*> bound(model_.objects.size(), nullptr);
    for (const Capability& capability : model_.capabilities) {
        const auto slot = static_cast<ThreadSlot>(capability.slot);
        if (capability.object == ObjectId::none || model_[capability.container].type != ObjectType::tcb ||
            (slot != ThreadSlot::sc_slot && slot != ThreadSlot::bound_notification)) {
            continue;
        }
        const Capability*& known = bound[index_of(capability.object)];
        if (known != nullptr) {
            diagnostics_
                .error(capability.span,
                       fmt::format("`{}` is bound to two threads, `{}` and `{}`", name(capability.object),
                                   name(known->container), name(capability.container)))
                .note(known->span, "first here");
        }
        known = &capability;
    }
}

void Checker::check_interrupts() {
    std::vector<const InterruptMapping*> by_number;
    for (const InterruptMapping& mapping : model_.interrupts) {
        if (!model_.is_interrupt(mapping.object)) {
            diagnostics_
                .error(mapping.span, fmt::format("`{}` is {}, not an interrupt", name(mapping.object),
                                                 describe(model_[mapping.object].type)))
                .note(model_[mapping.object].span, "declared here");
        }
        if (const ObjectParameter* device = model_.parameter(mapping.object, Parameter::device)) {
            diagnostics_.error(mapping.span, "this interrupt has its number from a device").note(device->span, "here");
        }
        if (mapping.number > highest_interrupt) {
            diagnostics_.error(mapping.span, fmt::format("interrupt {} is more than {}, the highest of any machine",
                                                         mapping.number, highest_interrupt));
        }
        by_number.push_back(&mapping);
    }
    std::ranges::sort(by_number, {},
                      [](const InterruptMapping* mapping) { return std::pair(mapping->number, mapping->span.begin); });
    for (size_t index = 1; index < by_number.size(); ++index) {
        if (by_number[index - 1]->number == by_number[index]->number) {
            diagnostics_
                .error(by_number[index]->span, fmt::format("interrupt {} is mapped twice", by_number[index]->number))
                .note(by_number[index - 1]->span, "first here");
        }
    }
    std::ranges::sort(by_number, {},
                      [](const InterruptMapping* mapping) { return std::pair(mapping->object, mapping->span.begin); });
    for (size_t index = 1; index < by_number.size(); ++index) {
        if (by_number[index - 1]->object == by_number[index]->object) {
            diagnostics_
                .error(by_number[index]->span,
                       fmt::format("`{}` stands for two interrupts", name(by_number[index]->object)))
                .note(by_number[index - 1]->span, "first here");
        }
    }
}

}  // namespace capdl
