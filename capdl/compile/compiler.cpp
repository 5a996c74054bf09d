// SPDX-License-Identifier: BSD-2-Clause
// From a checked Model to the Plan of a system image: the order of work, and derived capabilities.
#include "compile/compiler.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "compile/expected_slots.hpp"

namespace capdl {

Plan Compiler::compile() {
    if (model_.architecture != Architecture::aarch64) {
        diagnostics_.error(
            {}, fmt::format("a spec for {} checks, but only one for aarch64 can be built", word(model_.architecture)));
        return {};
    }
    check_domains(model_, diagnostics_);
    plan_threads();
    // Everything that the loader holds goes into one table in the end, and the table itself with it.
    const uint64_t slots = placement_.count() + 1 + most_extras() + 2 * placement_.placed_count() + image::loader_slots;
    origins_table_ =
        placement_.add({abi::ObjectType::cap_table, slots}, model_.names().intern("origins"), ObjectId::none);
    placement_.arrange(plan_);
    plan_.origins_table = placement_.number_of_added(origins_table_);
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        plan_.numbers.push_back(number(static_cast<ObjectId>(index)));
    }
    is_mapped_.assign(model_.objects.size(), false);
    is_executable_.assign(model_.objects.size(), false);
    plan_handovers();
    compile_spaces();
    compile_tasks();
    compile_sched_contexts();
    compile_interrupts();
    compile_threads();
    compile_capabilities();
    compile_contents();
    if (!diagnostics_.has_errors()) {
        plan_.slots = expected_slots(plan_);
    }
    return std::move(plan_);
}

// At most as many as derive_extra will make: for each mapping of a frame but the first, three for each task, one for
// each interrupt.
uint64_t Compiler::most_extras() const {
    std::vector<bool> is_mapped(model_.objects.size(), false);
    uint64_t extras = 3 * tasks_.size();
    for (const Capability& capability : model_.capabilities) {
        if (model_.is_interrupt(capability.container)) {
            ++extras;
        } else if (capability.object != ObjectId::none && model_[capability.object].type == ObjectType::frame &&
                   table_types.contains(model_[capability.container].type)) {
            const bool is_derived = is_mapped[index_of(capability.object)] || capability.parent != CapabilityId::none;
            extras += is_derived ? 1 : 0;
            is_mapped[index_of(capability.object)] = is_mapped[index_of(capability.object)] || !is_derived;
        }
    }
    return extras;
}

void Compiler::report_unsupported(const Model& model, Diagnostics& diagnostics) {
    // Of these the kernel has some; that one is of no possible size has been said.
    constexpr TypeSet known{ObjectType::asid_pool, ObjectType::cnode, ObjectType::frame, ObjectType::sc,
                            ObjectType::ut};
    if (model.architecture != Architecture::aarch64) {
        return;
    }
    check_domains(model, diagnostics);
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (!known.contains(model[id].type) && !kernel_object(model, id)) {
            Placement::report_missing(model, id, diagnostics);
        }
    }
}

void Compiler::check_domains(const Model& model, Diagnostics& diagnostics) {
    if (model.domains) {
        diagnostics.error(model.domains->span, "the kernel has no domains")
            .help("what domains keep apart in time, budgets of scheduling contexts limit");
    }
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const ObjectParameter* domain = model.parameter(id, Parameter::dom);
        if (domain != nullptr && domain->value != 0 && (model[id].element == no_index || model[id].element == 0)) {
            diagnostics.error(domain->span, "the kernel has no domains but 0");
        }
    }
}

uint32_t Compiler::rights_of(const Capability& capability) const {
    constexpr uint32_t read_write = Rights::read | Rights::write;
    if (capability.object == ObjectId::none) {
        return read_write;
    }
    const uint32_t inspect = capability.rights.bits() & Rights::inspect;
    if (!types_with_rights.contains(model_[capability.object].type)) {
        return read_write | inspect;
    }
    uint32_t rights = capability.rights.bits();
    if (model_[capability.object].type == ObjectType::frame) {
        rights &= static_cast<uint32_t>(~Rights::reply);
        rights |= capability.executable == Executable::executable ? Rights::transfer : 0u;
        rights &= capability.executable == Executable::execute_never ? ~uint32_t{Rights::transfer} : ~uint32_t{0};
    } else if (model_[capability.object].type == ObjectType::ep && (rights & Rights::transfer) != 0) {
        rights |= Rights::reply;  // who may transfer capabilities may transfer that to a reply, as in seL4
    }
    return rights;
}

// Word 1 of a capability: a badge, or a guard with its size in the low six bits.
uint64_t Compiler::badge_of(const Model& model, const Capability& capability) {
    const auto software_interrupt = [](uint64_t line, uint64_t core) {
        constexpr unsigned core_shift = 16;
        const bool fits = line >> core_shift == 0 && core <= ~uint64_t{0} >> core_shift;
        return fits ? core << core_shift | line : ~uint64_t{0};  // which no kernel raises
    };
    if (capability.object == ObjectId::none) {
        return capability.authority == Authority::sgi_signal ? software_interrupt(capability.word, capability.second)
                                                             : 0;
    }
    switch (model[capability.object].type) {
    case ObjectType::arm_sgi_signal:
        return software_interrupt(model.value(capability.object, Parameter::irq).value_or(0),
                                  model.value(capability.object, Parameter::target).value_or(0));
    case ObjectType::ep:
    case ObjectType::notification: return capability.word;
    case ObjectType::cnode: return capability.word << 6 | capability.guard_size;
    default: return 0;
    }
}

uint32_t Compiler::derive_extra(uint32_t source, uint32_t rights, uint64_t badge, CapabilityId parent) {
    extra_parents_.push_back(parent);
    extras_.push_back({.table = image::none,
                       .source_table = image::none,
                       .slot = extras_.size(),
                       .source = source,
                       .count = 1,
                       .rights = rights,
                       .badge = badge});
    return placement_.count() + static_cast<uint32_t>(extras_.size() - 1);
}

uint32_t Compiler::derive_extra(const Capability& capability) {
    return derive_extra(number(capability.object), rights_of(capability), badge_of(model_, capability),
                        capability.parent);
}

}  // namespace capdl
