// SPDX-License-Identifier: BSD-2-Clause
// From syntax to meaning: capabilities in slots, interrupt numbers.
#include <algorithm>
#include <fmt/format.h>

#include "model/resolver.hpp"

namespace capdl {
namespace {

constexpr uint64_t largest_asid_part = 0x7fff'ffff;

}  // namespace

void Resolver::fill_slots() {
    for (const SyntaxCapabilityName& name : module_.capability_names) {
        const NamedSlots slots{
            .first = {}, .count = 1, .is_array = false, .used = false, .declaration = &name, .span = name.name_span};
        if (const auto [known, is_new] = capability_names_.emplace(name.name, slots); !is_new) {
            diagnostics_
                .error(name.name_span, fmt::format("there is a capability `{}` already", model_.text(name.name)))
                .note(known->second.span, "named here");
        }
    }
    for (const SyntaxContainer& container : module_.containers) {
        fill_container(container);
    }
    map_interrupts();
    model_.domains = module_.domains;
}

// A block of several containers is repeated for each; names of capabilities stand for those of the first.
void Resolver::fill_container(const SyntaxContainer& container) {
    const std::vector<ObjectId> containers = objects_of(container.name);
    const std::span<const SyntaxCapability> block = Module::part(module_.capabilities, container.capabilities);
    std::vector<uint64_t> next_slot(containers.size(), 0);
    bool is_complete = true;
    bool next_is_known = true;  // what is missing may have filled any number of slots
    for (const SyntaxCapability& syntax : block) {
        std::vector<ObjectId> targets;
        const bool names_objects = !syntax.is_lost && !syntax.is_copy && authority_of(syntax.target) == Authority::none;
        if (names_objects) {
            targets = objects_of(syntax.target);
        }
        next_is_known = next_is_known || syntax.slot;
        if (syntax.is_lost || (names_objects && targets.empty()) || !next_is_known || containers.empty()) {
            next_is_known = false;
            lose_slots(syntax, is_complete ? containers : std::span<const ObjectId>{});
            is_complete = false;
            continue;
        }
        for (size_t index = 0; index < containers.size() && has_all_capabilities_; ++index) {
            const uint64_t slot = syntax.slot.value_or(next_slot[index]);
            const uint64_t filled = fill_slot(syntax, containers[index], slot, targets);
            next_slot[index] = slot + filled;
            if (index == 0 && syntax.own_name.name != Name::none) {
                name_capabilities(syntax, {containers[0], slot}, filled);
            }
        }
    }
}

void Resolver::lose_slots(const SyntaxCapability& syntax, std::span<const ObjectId> containers) {
    if (syntax.own_name.name != Name::none) {
        model_.lose(syntax.own_name.name);
    }
    for (const ObjectId container : containers) {
        incomplete_.insert(index_of(container));
    }
}

// Puts what one line says into slots from `slot` on; returns how many it filled.
uint64_t Resolver::fill_slot(const SyntaxCapability& syntax, ObjectId container, uint64_t slot,
                             std::span<const ObjectId> targets) {
    std::vector<Capability> filled;
    if (syntax.is_copy) {
        Rights mask(Rights::all | Rights::inspect);
        for (const SyntaxParameter& parameter : Module::part(module_.parameters, syntax.parameters)) {
            if (parameter.parameter == Parameter::masked) {
                mask = mask & Rights(static_cast<uint8_t>(parameter.value));
            } else {
                diagnostics_.error(parameter.span, "a copy takes no parameter but `masked`")
                    .help("to say more, name the object instead");
            }
        }
        const uint64_t count = std::max<uint64_t>(count_of_name(syntax.target), 1);
        if (count > Model::capability_limit) {
            refuse_capabilities(syntax.span);
            return 0;
        }
        for (uint32_t element = 0; element < count; ++element) {
            copies_.push_back({{container, slot + element}, syntax.target, element, mask, syntax.span});
            filled.emplace_back().span = syntax.span;
        }
    } else if (targets.empty()) {
        filled.push_back(capability_to(ObjectId::none, authority_of(syntax.target), syntax.target, syntax.parameters));
    } else {
        const Capability first = capability_to(targets.front(), Authority::none, syntax.target, syntax.parameters);
        filled.assign(targets.size(), first);
        for (size_t index = 0; index < targets.size(); ++index) {
            filled[index].object = targets[index];
        }
    }
    if (model_.capabilities.size() + filled.size() > Model::capability_limit) {
        refuse_capabilities(syntax.span);
        return 0;
    }
    for (size_t index = 0; index < filled.size(); ++index) {
        filled[index].container = container;
        filled[index].slot = slot + index;
        model_.add(filled[index]);
        if (syntax.parent) {
            parents_.push_back({{container, slot + index}, &*syntax.parent});
        }
    }
    return filled.size();
}

void Resolver::refuse_capabilities(Span where) {
    diagnostics_.error(where, fmt::format("more than {} capabilities", Model::capability_limit));
    has_all_capabilities_ = false;
}

Authority Resolver::authority_of(const SyntaxName& reference) const {
    if (reference.ranges.count != 0 || model_.find(reference.name) != nullptr) {
        return Authority::none;
    }
    return find_authority(model_.text(reference.name)).value_or(Authority::none);
}

Capability Resolver::capability_to(ObjectId object, Authority authority, const SyntaxName& target, Slice parameters) {
    Capability capability{};
    capability.object = object;
    capability.authority = authority;
    capability.span = target.span;
    bool has_core = false;
    for (const SyntaxParameter& parameter : Module::part(module_.parameters, parameters)) {
        set_parameter(capability, parameter);
        has_core |= parameter.parameter == Parameter::core;
    }
    if (authority == Authority::sched_control && !has_core) {
        diagnostics_.error(target.span, "`sched_control` is the authority over one core, which it must name")
            .help("`sched_control (core: 0)`");
    }
    return capability;
}

void Resolver::set_parameter(Capability& capability, const SyntaxParameter& parameter) {
    bool fits = false;
    if (capability.object != ObjectId::none) {
        const auto rule = std::ranges::find(capability_parameters(), parameter.parameter, &ParameterRule::parameter);
        fits = rule->objects.contains(model_[capability.object].type);
    } else {
        switch (capability.authority) {
        case Authority::sched_control: fits = parameter.parameter == Parameter::core; break;
        case Authority::remaining_untyped: fits = parameter.parameter == Parameter::quota; break;
        case Authority::sgi_signal:
            fits = parameter.parameter == Parameter::irq || parameter.parameter == Parameter::target;
            break;
        default: break;
        }
    }
    if (!fits) {
        const std::string_view what =
            capability.object == ObjectId::none ? word(capability.authority) : describe(model_[capability.object].type);
        Diagnostic& error = diagnostics_.error(
            parameter.span,
            fmt::format("`{}` is not a parameter of a capability to {}", word(parameter.parameter), what));
        if (parameter.parameter == Parameter::masked) {
            error.help("`masked` belongs to a copy, `<name>`");
        }
        return;
    }
    switch (parameter.parameter) {
    case Parameter::rights:
        capability.rights = capability.rights | Rights(static_cast<uint8_t>(parameter.value));
        break;
    case Parameter::badge:
    case Parameter::guard:
    case Parameter::core:
    case Parameter::quota:
    case Parameter::irq: capability.word = parameter.value; break;
    case Parameter::target: capability.second = parameter.value; break;
    case Parameter::guard_size:
        if (parameter.value > 64) {
            diagnostics_.error(parameter.value_span, "a guard has at most 64 bits");
        } else {
            capability.guard_size = static_cast<uint8_t>(parameter.value);
        }
        break;
    case Parameter::asid:
        if (parameter.value > largest_asid_part || parameter.second > largest_asid_part) {
            diagnostics_.error(parameter.value_span,
                               fmt::format("the parts of an ASID are at most {:#x}", largest_asid_part));
        } else {
            capability.second = (parameter.value << 32 | parameter.second) + 1;
        }
        break;
    case Parameter::cached: capability.cached = Cached::cached; break;
    case Parameter::uncached: capability.cached = Cached::uncached; break;
    case Parameter::executable: capability.executable = Executable::executable; break;
    case Parameter::execute_never: capability.executable = Executable::execute_never; break;
    case Parameter::inspect: capability.rights = capability.rights | Rights(Rights::inspect); break;
    case Parameter::reply:
    case Parameter::master_reply:
        if (capability.reply != ReplyKind::none) {
            diagnostics_.error(parameter.span, "a capability is either `reply` or `master_reply`");
        }
        capability.reply = parameter.parameter == Parameter::reply ? ReplyKind::reply : ReplyKind::master_reply;
        break;
    case Parameter::mapping: {
        SlotPlace place{};
        if (locate(module_.slot_references[parameter.list.first], place)) {
            capability.has_mapping = true;
            capability.word = model_.mappings.size();
            model_.mappings.push_back(place);
        }
        break;
    }
    default: break;  // `at` is for the component expansion; `masked` never fits
    }
}

void Resolver::name_capabilities(const SyntaxCapability& syntax, SlotPlace first, uint64_t count) {
    const SyntaxName& name = syntax.own_name;
    const bool is_array = name.ranges.count != 0;
    if (is_array && (name.ranges.count != 1 || module_.ranges[name.ranges.first].kind != SyntaxRange::Kind::all)) {
        diagnostics_.error(name.span, "the name of several capabilities is written with `[]`");
        return;
    }
    if (!is_array && count > 1) {
        diagnostics_.error(name.span, fmt::format("{} capabilities get one name", count))
            .help(fmt::format("`{}[]` names them all", model_.text(name.name)));
        return;
    }
    const NamedSlots slots{
        .first = first, .count = count, .is_array = is_array, .used = false, .declaration = nullptr, .span = name.span};
    if (const auto [known, is_new] = capability_names_.emplace(name.name, slots); !is_new) {
        diagnostics_.error(name.span, fmt::format("there is a capability `{}` already", model_.text(name.name)))
            .note(known->second.span, "named here");
    }
}

// The reference tool numbers several unnumbered interrupts backwards, so that nobody can rely on their order.
void Resolver::map_interrupts() {
    uint64_t next = 0;
    const SyntaxInterrupt* unnumbered = nullptr;
    for (const SyntaxInterrupt& interrupt : module_.interrupts) {
        if (!interrupt.number) {
            if (unnumbered != nullptr) {
                diagnostics_.error(interrupt.name.span, "a second interrupt without a number")
                    .help("write `NUMBER: name`")
                    .note(unnumbered->name.span, "the first one");
            }
            unnumbered = &interrupt;
        }
        uint64_t number = interrupt.number.value_or(next);
        for (const ObjectId object : objects_of(interrupt.name)) {
            model_.interrupts.push_back({number++, object, interrupt.name.span});
        }
        next = number;
    }
}

}  // namespace capdl
