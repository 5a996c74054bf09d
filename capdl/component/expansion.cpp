// SPDX-License-Identifier: BSD-2-Clause
// Turns components into the objects and capabilities that they stand for: objects and capabilities.
#include "component/expansion.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include <sel/handover_format.hpp>

#include "abi/boot_info.hpp"

namespace capdl {

// --- Objects -----------------------------------------------------------------------------------------------------

void ComponentExpansion::declare() {
    if (!module_.components.empty() && module_.architecture != Architecture::aarch64) {
        diagnostics_.error(module_.components.front().span,
                           fmt::format("components exist for aarch64, not for {}", word(module_.architecture)));
        return;
    }
    parts_.reserve(module_.components.size());
    for (const SyntaxComponent* syntax : in_order()) {
        declare_home_of_group(*syntax);
        declare_part(*syntax);
    }
    declare_groups();
}

void ComponentExpansion::declare_part(const SyntaxComponent& syntax) {
    const std::string prefix(model_.text(syntax.name));
    const Name home_name = model_.names().intern(prefix + ".home");
    if (const Declaration* known = model_.find(home_name)) {
        diagnostics_.error(syntax.name_span, fmt::format("there is a component `{}` already", prefix))
            .note(known->span, "first here");
        return;
    }
    Part& part = parts_.emplace_back();
    part.syntax = &syntax;
    part.index = static_cast<uint32_t>(model_.components.size());
    part.prefix = prefix;
    part.home =
        model_.declare({.type = ObjectType::ut, .name = home_name, .component = part.index, .span = syntax.name_span},
                       Model::Form::single, 1);
    part.cnode = declare_object(part, ObjectType::cnode, "cnode", syntax.name_span);
    part.thread = declare_object(part, ObjectType::tcb, "tcb", syntax.name_span);
    part.sched_context = declare_object(part, ObjectType::sc, "sc", syntax.name_span);
    part.space = declare_object(part, ObjectType::pgd, "pgd", syntax.name_span);
    if (parameter(part, Parameter::links) != nullptr) {
        part.links = declare_object(part, ObjectType::cnode, "links", syntax.name_span);
    }
    declare_own_objects(part);
    model_.components.push_back(
        {.name = syntax.name, .home = part.home, .cnode = part.cnode, .thread = part.thread, .span = syntax.name_span});
}

ObjectId ComponentExpansion::declare_object(Part& part, ObjectType type, std::string_view suffix, Span span) {
    const Name name = model_.names().intern(fmt::format("{}.{}", part.prefix, suffix));
    if (const Declaration* known = model_.find(name)) {
        diagnostics_.error(known->span, fmt::format("`{}` belongs to a component", model_.text(name)))
            .note(span, "declared here");
        // The component's own goes by a name that nobody can write, so that nothing follows from this mistake.
        return declare_object(part, type, fmt::format("{} (its own)", suffix), span);
    }
    const ObjectId id =
        model_.declare({.type = type, .name = name, .component = part.index, .span = span}, Model::Form::single, 1);
    model_.cover(part.home, id);
    return id;
}

// `reply = rtreply` in component `c` declares `c.reply`.
void ComponentExpansion::declare_own_objects(Part& part) {
    for (const SyntaxGift& gift : Module::part(module_.gifts, part.syntax->gifts)) {
        if (gift.kind != SyntaxGift::Kind::own_object) {
            continue;
        }
        const SyntaxObject& object = module_.own_objects[gift.own_object];
        SyntaxName name = gift.target;
        name.name = model_.names().intern(fmt::format("{}.{}", part.prefix, model_.text(gift.name)));
        if (const Declaration* known = model_.find(name.name)) {
            diagnostics_.error(gift.name_span, fmt::format("`{}` is declared twice", model_.text(name.name)))
                .note(known->span, "first here");
            continue;
        }
        const ObjectId first = resolver_.declare(
            name, {.type = object.type, .name = name.name, .component = part.index, .span = gift.name_span});
        if (first == ObjectId::none) {
            continue;
        }
        const Slice parameters = resolver_.object_parameters_of(object);
        for (uint32_t element = 0; element < model_.find(name.name)->count; ++element) {
            const auto id = static_cast<ObjectId>(index_of(first) + element);
            model_[id].parameters = parameters;
            model_.cover(part.home, id);
        }
    }
}

// --- Capabilities ------------------------------------------------------------------------------------------------

void ComponentExpansion::fill_slots() {
    for (Part& part : parts_) {
        fill_part(part);
    }
}

void ComponentExpansion::fill_part(Part& part) {
    check_names(part);
    const std::span<const SyntaxGift> gifts = Module::part(module_.gifts, part.syntax->gifts);
    for (const SyntaxGift& gift : gifts) {
        if (gift.kind == SyntaxGift::Kind::fixed_slot) {
            fill_fixed_slot(part, gift);
        }
    }
    for (const SyntaxGift& gift : gifts) {
        switch (gift.kind) {
        case SyntaxGift::Kind::capability:
        case SyntaxGift::Kind::own_object: fill_named_slot(part, gift); break;
        case SyntaxGift::Kind::thread_slot: fill_thread_slot(part, gift); break;
        case SyntaxGift::Kind::memory: add_memory(part, gift); break;
        case SyntaxGift::Kind::fixed_slot:
        case SyntaxGift::Kind::argument: break;
        }
    }
    if (part.supplies.empty()) {
        close_table(part);  // else finish() does
    }
}

// Once all is in it that the compiler puts there.
void ComponentExpansion::close_table(Part& part) {
    if (part.links != ObjectId::none) {
        part.links_slot = part.first_free_slot++;
    }
    choose_table_size(part);
    if (part.links != ObjectId::none) {
        link_table(part);
    }
    add_own_thread_slots(part);
}

void ComponentExpansion::check_names(const Part& part) {
    std::map<Name, const SyntaxGift*> names;
    for (const SyntaxGift& gift : Module::part(module_.gifts, part.syntax->gifts)) {
        if (gift.kind == SyntaxGift::Kind::fixed_slot) {
            continue;
        }
        if (const auto [known, is_new] = names.emplace(gift.name, &gift); !is_new) {
            diagnostics_
                .error(gift.name_span, fmt::format("`{}` has a `{}` already", part.prefix, model_.text(gift.name)))
                .note(known->second->name_span, "first here");
        }
    }
}

std::vector<ObjectId> ComponentExpansion::targets_of(Part& part, const SyntaxGift& gift) {
    if (gift.kind != SyntaxGift::Kind::own_object) {
        return resolver_.objects_of(gift.target);
    }
    const Declaration* own =
        model_.find(model_.names().find(fmt::format("{}.{}", part.prefix, model_.text(gift.name))));
    std::vector<ObjectId> result;
    for (uint32_t element = 0; own != nullptr && element < own->count; ++element) {
        result.push_back(static_cast<ObjectId>(index_of(own->first) + element));
    }
    return result;
}

void ComponentExpansion::add_capability(ObjectId container, uint64_t slot, Capability prototype, ObjectId object) {
    prototype.container = container;
    prototype.slot = slot;
    prototype.object = object;
    model_.add(prototype);
}

void ComponentExpansion::fill_fixed_slot(Part& part, const SyntaxGift& gift) {
    const Authority authority = resolver_.authority_of(gift.target);
    if (authority == Authority::remaining_untyped) {
        diagnostics_.error(gift.span, "`remaining_untyped` needs a name, by which the component finds it");
        return;
    }
    uint64_t slot = gift.slot;
    if (authority != Authority::none) {
        add_capability(part.cnode, slot++,
                       resolver_.capability_to(ObjectId::none, authority, gift.target, gift.parameters),
                       ObjectId::none);
    } else {
        for (const ObjectId object : targets_of(part, gift)) {
            add_capability(part.cnode, slot++, resolver_.capability_to(object, authority, gift.target, gift.parameters),
                           object);
        }
    }
    part.first_free_slot = std::max(part.first_free_slot, slot);
}

// Pages of the description of the memory that is handed over: for as many ranges as there can be on any machine, which are
// those of the machine's, what lies between what has a place, and what quotas cut off.
uint64_t ComponentExpansion::handover_pages() const {
    constexpr uint64_t cut_off = 8;
    uint64_t ranges = selene::abi::BootInfo::maximum_untypeds + cut_off;
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        ranges += model_.has_place(static_cast<ObjectId>(index)) ? 1 : 0;
    }
    uint64_t pages = 1;
    while (sel::handed_over_entries(pages) < ranges) {
        ++pages;
    }
    return pages;
}

void ComponentExpansion::fill_named_slot(Part& part, const SyntaxGift& gift) {
    const uint64_t first = part.first_free_slot;
    const Authority authority =
        gift.kind == SyntaxGift::Kind::own_object ? Authority::none : resolver_.authority_of(gift.target);
    if (authority != Authority::none) {
        const Capability capability = resolver_.capability_to(ObjectId::none, authority, gift.target, gift.parameters);
        const bool hands_over = authority == Authority::remaining_untyped;
        add_capability(part.cnode, first, capability, ObjectId::none);
        part.slots.push_back({&gift, first, hands_over ? sel::handed_over_entries(handover_pages()) : 1, capability});
        part.first_free_slot += part.slots.back().count;
        part.handover = hands_over ? &gift : part.handover;
        return;
    }
    const std::vector<ObjectId> targets = targets_of(part, gift);
    if (targets.empty()) {
        return;
    }
    Capability capability{};
    capability.span = gift.name_span;
    if (gift.kind == SyntaxGift::Kind::own_object) {
        capability.rights = types_with_rights.contains(model_[targets.front()].type) ? Rights(Rights::all) : Rights();
    } else {
        capability = resolver_.capability_to(targets.front(), Authority::none, gift.target, gift.parameters);
    }
    for (const ObjectId target : targets) {
        add_capability(part.cnode, part.first_free_slot++, capability, target);
    }
    part.slots.push_back({&gift, first, targets.size(), capability});
}

void ComponentExpansion::fill_thread_slot(Part& part, const SyntaxGift& gift) {
    switch (static_cast<ThreadSlot>(gift.slot)) {
    case ThreadSlot::cspace:
    case ThreadSlot::vspace:
    case ThreadSlot::ipc_buffer_slot:
    case ThreadSlot::sc_slot:
        diagnostics_.error(gift.name_span, "the compiler fills this slot of a component's thread");
        return;
    default: break;
    }
    const std::vector<ObjectId> targets = targets_of(part, gift);
    if (targets.size() > 1) {
        diagnostics_.error(gift.span, "a slot holds one capability");
    } else if (!targets.empty()) {
        add_capability(part.thread, gift.slot,
                       resolver_.capability_to(targets.front(), Authority::none, gift.target, gift.parameters),
                       targets.front());
    }
}

void ComponentExpansion::add_memory(Part& part, const SyntaxGift& gift) {
    const std::vector<ObjectId> frames = targets_of(part, gift);
    for (const ObjectId frame : frames) {
        if (model_[frame].type != ObjectType::frame) {
            diagnostics_
                .error(gift.target.span, fmt::format("`{}` is {}; only frames can be mapped", model_.name_of(frame),
                                                     describe(model_[frame].type)))
                .note(model_[frame].span, "declared here");
            return;
        }
    }
    if (frames.empty()) {
        return;
    }
    NamedMemory memory{&gift, frames,
                       resolver_.capability_to(frames.front(), Authority::none, gift.target, gift.parameters),
                       std::nullopt};
    for (const SyntaxParameter& parameter : Module::part(module_.parameters, gift.parameters)) {
        if (parameter.parameter == Parameter::at) {
            memory.address = parameter.value;
        }
    }
    part.memories.push_back(std::move(memory));
}

void ComponentExpansion::choose_table_size(Part& part) {
    const uint64_t spare = part.supplies.empty() ? 0 : spare_slots;
    const uint64_t needed = std::bit_width(part.first_free_slot + spare - 1);
    part.table_bits = value(part, Parameter::slots, std::max(default_table_bits, needed));
    if (part.table_bits < needed || part.table_bits > 24) {
        const SyntaxParameter* slots = parameter(part, Parameter::slots);
        diagnostics_.error(slots == nullptr ? part.syntax->name_span : slots->span,
                           fmt::format("`{}` needs a table of {} bits, at most 24", part.prefix, needed));
        part.table_bits = std::min<uint64_t>(needed, 32);  // so that nothing follows from this
    }
    set_parameters(part.cnode, {{.parameter = Parameter::bits, .value = part.table_bits}});
}

/// The root's first slot links the table, so that its slots keep their numbers; libsel/include/sel/table_links.hpp has a
/// drawing. The component holds the root to link further ones.
void ComponentExpansion::link_table(Part& part) {
    const SyntaxParameter& links = *parameter(part, Parameter::links);
    part.link_bits = links.value;
    if (part.link_bits == 0 || part.link_bits > 24 || part.link_bits + part.table_bits >= 64) {
        diagnostics_.error(links.span, "a table is linked by one of 1 to 24 bits");
        return;
    }
    set_parameters(part.links, {{.parameter = Parameter::bits, .value = part.link_bits}});
    Capability capability{};
    capability.span = part.syntax->name_span;
    add_capability(part.links, 0, capability, part.cnode);
    capability.guard_size = static_cast<uint8_t>(64 - part.table_bits - part.link_bits);
    add_capability(part.cnode, part.links_slot, capability, part.links);
}

void ComponentExpansion::add_own_thread_slots(Part& part) {
    const auto slot = [](ThreadSlot slot) { return static_cast<uint64_t>(slot); };
    Capability table{};
    table.span = part.syntax->name_span;
    table.guard_size = static_cast<uint8_t>(64 - part.table_bits - part.link_bits);
    add_capability(part.thread, slot(ThreadSlot::cspace), table,
                   part.links == ObjectId::none ? part.cnode : part.links);
    Capability plain{};
    plain.span = part.syntax->name_span;
    add_capability(part.thread, slot(ThreadSlot::vspace), plain, part.space);
    add_capability(part.thread, slot(ThreadSlot::sc_slot), plain, part.sched_context);
}

// --- Parameters ----------------------------------------------------------------------------------------------------

const SyntaxParameter* ComponentExpansion::parameter(const Part& part, Parameter parameter) const {
    const std::span<const SyntaxParameter> all = Module::part(module_.parameters, part.syntax->parameters);
    const auto found = std::ranges::find(all, parameter, &SyntaxParameter::parameter);
    return found == all.end() ? nullptr : &*found;
}

ObjectParameter ComponentExpansion::given(const Part& part, Parameter parameter, uint64_t otherwise) const {
    const SyntaxParameter* found = this->parameter(part, parameter);
    return {.parameter = parameter,
            .value = found == nullptr ? otherwise : found->value,
            .span = found == nullptr ? Span() : found->span};
}

void ComponentExpansion::set_parameters(ObjectId id, std::initializer_list<ObjectParameter> parameters) {
    model_[id].parameters = {static_cast<uint32_t>(model_.parameters.size()), static_cast<uint32_t>(parameters.size())};
    model_.parameters.insert(model_.parameters.end(), parameters);
}

}  // namespace capdl
