// SPDX-License-Identifier: BSD-2-Clause
// Judges a spec by itself: what can be built but is probably not meant.
#include <fmt/format.h>
#include <map>
#include <tuple>

#include "analysis/checker.hpp"

namespace capdl {

void Checker::check_oddities() {
    check_stacks();
    check_reachability();
    check_write_execute();
    check_budgets();
    check_idle_objects();
    check_shared_devices();
}

void Checker::check_stacks() {
    each_object([this](ObjectId id) {
        if (model_[id].type == ObjectType::tcb && model_.parameter(id, Parameter::ip) != nullptr &&
            model_.parameter(id, Parameter::sp) == nullptr && is_first_with_parameters(id)) {
            diagnostics_
                .warning(Warning::missing_stack, model_[id].span,
                         fmt::format("`{}` has an entry but no stack", name(id)))
                .help("`sp` is missing");
        }
    });
}

// An object to which no capability leads is of no use to anybody. Threads act by themselves, untypeds may just hold
// others.
void Checker::check_reachability() {
    std::vector<bool> reached(model_.objects.size(), false);
    for (const Capability& capability : model_.capabilities) {
        if (capability.object != ObjectId::none) {
            reached[index_of(capability.object)] = true;
        }
    }
    for (const InterruptMapping& mapping : model_.interrupts) {
        reached[index_of(mapping.object)] = true;
    }
    std::vector<bool> reported(model_.names().size(), false);
    each_object([&](ObjectId id) {
        const Object& object = model_[id];
        if (reached[index_of(id)] || object.type == ObjectType::tcb || object.type == ObjectType::ut ||
            !object.span.exists() || object.component != no_index || reported[static_cast<size_t>(object.name)]) {
            return;
        }
        reported[static_cast<size_t>(object.name)] = true;
        diagnostics_.warning(Warning::unreachable, object.span, fmt::format("no capability leads to `{}`", name(id)));
    });
}

void Checker::check_write_execute() {
    for (const Capability& capability : model_.capabilities) {
        if (capability.object == ObjectId::none || model_[capability.object].type != ObjectType::frame ||
            !table_types.contains(model_[capability.container].type)) {
            continue;
        }
        const bool executable =
            capability.executable == Executable::executable ||
            (capability.rights.has(Rights::transfer) && capability.executable != Executable::execute_never);
        if (executable && capability.rights.has(Rights::write)) {
            diagnostics_.warning(Warning::write_execute, capability.span,
                                 "this mapping is both writable and executable");
        }
    }
}

// Budgets that equal their period are round robin: they share what is left and promise nothing.
void Checker::check_budgets() {
    std::map<uint64_t, double> load;
    for (const Capability& capability : model_.capabilities) {
        const bool gives_time = model_[capability.container].type == ObjectType::tcb &&
                                capability.slot == static_cast<uint64_t>(ThreadSlot::sc_slot) &&
                                capability.object != ObjectId::none;
        if (!gives_time) {
            continue;
        }
        const uint64_t budget = model_.value(capability.object, Parameter::budget).value_or(0);
        const uint64_t period = model_.value(capability.object, Parameter::period).value_or(0);
        if (budget >= period || period == 0) {
            continue;
        }
        const uint64_t core = model_.value(capability.container, Parameter::affinity).value_or(0);
        const double before = load[core];
        load[core] += static_cast<double>(budget) / static_cast<double>(period);
        if (before <= 1.0 && load[core] > 1.0) {
            diagnostics_
                .warning(Warning::over_budget, capability.span,
                         fmt::format("with this one, core {} promises more time than there is", core))
                .note(model_[capability.object].span, "declared here");
        }
    }
}

void Checker::check_idle_objects() {
    each_object([this](ObjectId id) {
        if (model_[id].type == ObjectType::asid_pool && model_.architecture == Architecture::aarch64 &&
            is_first_with_parameters(id)) {
            diagnostics_
                .warning(Warning::no_effect, model_[id].span, fmt::format("`{}` carries nothing here", name(id)))
                .help("the kernel gives address spaces their tags by itself");
        }
    });
}

// Two objects for the same registers or the same line: who declares the second may not know of the first. No machine
// has both of them.
void Checker::check_shared_devices() {
    std::map<std::tuple<ObjectType, std::string_view, uint64_t>, ObjectId> known;
    each_object([&](ObjectId id) {
        const ObjectParameter* device = model_.parameter(id, Parameter::device);
        const ObjectParameter* address =
            model_[id].type == ObjectType::frame ? model_.parameter(id, Parameter::paddr) : nullptr;
        if (device == nullptr && address == nullptr) {
            return;
        }
        const std::string_view name = device == nullptr ? std::string_view{} : model_.text(device->text);
        const uint64_t number = device == nullptr ? address->value : model_.value(id, Parameter::index).value_or(0);
        const auto [first, is_new] = known.emplace(std::tuple(model_[id].type, name, number), id);
        if (!is_new) {
            const bool is_optional = model_.value(id, Parameter::optional).value_or(0) != 0;
            const std::string message =
                fmt::format("`{}` is the same as `{}`", this->name(id), this->name(first->second));
            (is_optional ? diagnostics_.warning(Warning::shared_device, model_[id].span, message)
                         : diagnostics_.error(model_[id].span, message))
                .note(model_[first->second].span, "declared here")
                .help(
                    "a device's registers and interrupts are one object each, of which any number can have a "
                    "capability");
        }
    });
}

}  // namespace capdl
