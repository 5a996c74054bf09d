// SPDX-License-Identifier: BSD-2-Clause
// The spec of a system as it is: objects, and what derives from what.
#include "snapshot/snapshot.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "abi/names.hpp"

namespace capdl {

namespace abi = selene::abi;

namespace {

constexpr uint64_t page_bits = 12;

// The type that a spec has for one of the kernel's; none for what it has no word for.
std::optional<ObjectType> spec_type(abi::ObjectType type) {
    switch (type) {
    case abi::ObjectType::untyped: return ObjectType::ut;
    case abi::ObjectType::cap_table: return ObjectType::cnode;
    case abi::ObjectType::thread: return ObjectType::tcb;
    case abi::ObjectType::address_space: return ObjectType::pgd;
    case abi::ObjectType::page_table: return ObjectType::pt;
    case abi::ObjectType::frame: return ObjectType::frame;
    case abi::ObjectType::endpoint: return ObjectType::ep;
    case abi::ObjectType::reply: return ObjectType::rtreply;
    case abi::ObjectType::notification: return ObjectType::notification;
    case abi::ObjectType::sched_context: return ObjectType::sc;
    case abi::ObjectType::interrupt_handler: return ObjectType::irq;
    default: return std::nullopt;
    }
}

}  // namespace

Snapshot::Snapshot(const Model& spec, const Plan& plan, const ObservedState& state, Model& result)
    : spec_(spec),
      plan_(plan),
      state_(state),
      result_(result),
      specified_(plan.objects.size(), ObjectId::none),
      taken_(spec.objects.size(), ObjectId::none) {}

void Snapshot::build() {
    take_granted();
    take_restarted();
    index_report();
    take_objects();
    take_tables();
    take_threads();
    take_new_threads();
    take_parameters();
    take_interrupts();
    take_spaces();
    result_.seal();
    derivations();
}

void Snapshot::index_report() {
    for (uint32_t index = 0; index < spec_.objects.size(); ++index) {
        if (plan_.numbers[index] != image::none) {
            specified_[plan_.numbers[index]] = static_cast<ObjectId>(index);
        }
    }
    for (const Slot& slot : state_.slots) {
        found_.emplace(Key(slot.place, slot.holder, slot.index), &slot);
        if (slot.place == image::SlotPlace::own && slot.index < specified_.size()) {
            numbers_.emplace(identity_of(slot), slot.index);
        }
    }
    for (const ObservedState::Found& found : state_.found) {
        numbers_.emplace(Identity(found.identity, 0), found.number);
    }
    for (const image::SlotRecord& slot : plan_.slots) {
        expected_.emplace(Key(slot.place, slot.holder, slot.index), &slot);
    }
    for (const ObservedState::Mapping& mapping : state_.mappings) {
        mappings_.emplace(std::pair(mapping.space, mapping.address), &mapping);
    }
}

// What stands for no object of the kernel's is there as long as nothing says otherwise.
bool Snapshot::is_there(ObjectId specified) const {
    const uint32_t number = number_of(specified);
    return number == image::none || found_.contains(Key(image::SlotPlace::own, image::none, number));
}

void Snapshot::take_objects() {
    result_.architecture = spec_.architecture;
    result_.parameters = spec_.parameters;
    result_.numbers = spec_.numbers;
    result_.fills = spec_.fills;
    for (const Name name : spec_.declared_names()) {
        take_declaration(*spec_.find(name));
    }
    for (uint32_t index = 0; index < spec_.objects.size(); ++index) {
        const auto untyped = static_cast<ObjectId>(index);
        for (const ObjectId child : spec_.children_of(untyped)) {
            if (taken(untyped) != ObjectId::none && taken(child) != ObjectId::none) {
                result_.cover(taken(untyped), taken(child));
            }
        }
    }
    for (Fill& fill : result_.fills) {
        fill.frame = taken(fill.frame);
    }
    for (const InterruptMapping& mapping : spec_.interrupts) {
        if (taken(mapping.object) != ObjectId::none) {
            result_.interrupts.push_back({mapping.number, taken(mapping.object), mapping.span});
        }
    }
    for (const auto& [identity, number] : numbers_) {
        if (taken(specified(number)) != ObjectId::none) {
            objects_.emplace(identity, taken(specified(number)));
        }
    }
}

// An array stays whole as long as anything of it is there.
void Snapshot::take_declaration(const Declaration& declaration) {
    const auto element = [&](uint32_t number) { return static_cast<ObjectId>(index_of(declaration.first) + number); };
    bool any = false;
    for (uint32_t number = 0; number < declaration.count; ++number) {
        any = any || is_there(element(number));
    }
    if (!any) {
        return;
    }
    const auto form = declaration.is_array ? Model::Form::array : Model::Form::single;
    const ObjectId first = result_.declare(
        {.type = spec_[declaration.first].type, .name = spec_[declaration.first].name}, form, declaration.count);
    for (uint32_t number = 0; number < declaration.count; ++number) {
        const auto id = static_cast<ObjectId>(index_of(first) + number);
        result_[id].parameters = spec_[element(number)].parameters;
        taken_[index_of(element(number))] = id;
    }
}

// The elements of an array have their parameters in common: those stay the spec's.
void Snapshot::take_parameters() {
    constexpr uint64_t second = 1'000'000;
    const auto single = [this](uint32_t number) {
        const ObjectId id = result_of(number);
        return id != ObjectId::none && result_[id].element == no_index ? id : ObjectId::none;
    };
    for (const ObservedState::Thread& thread : state_.threads) {
        if (const ObjectId id = single(thread.number); id != ObjectId::none) {
            set_parameter(id, Parameter::prio, thread.priority);
            set_parameter(id, Parameter::max_prio, thread.maximum);
            if (result_.parameter(id, Parameter::ip) != nullptr) {
                set_parameter(id, Parameter::resume, thread.stopped == 0 ? 1 : 0);
            }
        }
    }
    for (const ObservedState::Context& context : state_.contexts) {
        const ObjectId id = single(context.number);
        if (id == ObjectId::none) {
            continue;
        }
        const auto set_time = [&](Parameter parameter, uint64_t ticks) {
            const uint64_t known = result_.value(id, parameter).value_or(0);
            if (known / second * state_.frequency + known % second * state_.frequency / second != ticks) {
                set_parameter(id, parameter, (ticks * second + state_.frequency - 1) / state_.frequency);
            }
        };
        set_time(Parameter::budget, context.budget);
        set_time(Parameter::period, context.period);
    }
}

void Snapshot::set_parameter(ObjectId id, Parameter parameter, uint64_t value) {
    Slice& slice = result_[id].parameters;
    for (uint32_t index = slice.first; index < slice.first + slice.count; ++index) {
        if (result_.parameters[index].parameter == parameter) {
            result_.parameters[index].value = value;
            return;
        }
    }
    const bool is_default = parameter == Parameter::resume ? value != 0 : value == 0;
    if (is_default || (parameter == Parameter::max_prio && value == result_.value(id, Parameter::prio))) {
        return;
    }
    const std::vector<ObjectParameter> known(result_.parameters.begin() + slice.first,
                                             result_.parameters.begin() + slice.first + slice.count);
    slice = {static_cast<uint32_t>(result_.parameters.size()), slice.count + 1};
    result_.parameters.insert(result_.parameters.end(), known.begin(), known.end());
    result_.parameters.push_back({.parameter = parameter, .value = value});
}

ObjectId Snapshot::new_object(abi::ObjectType type, uint64_t size, const std::string& name, uint32_t number) {
    const std::optional<ObjectType> known = spec_type(type);
    if (!known && type == abi::ObjectType::task) {
        return ObjectId::none;  // its threads have what it holds
    }
    if (!known) {
        remarks_.push_back(fmt::format("{} would be {} that was made while the system ran; there is no word for that",
                                       name, abi::name_of(type)));
        return ObjectId::none;
    }
    std::optional<ObjectParameter> parameter;
    if (type == abi::ObjectType::cap_table) {
        parameter = {.parameter = Parameter::bits, .value = static_cast<uint64_t>(std::bit_width(size - 1))};
    } else if (type == abi::ObjectType::frame) {
        parameter = {.parameter = Parameter::frame_size, .value = uint64_t{1} << size};
    } else if (type == abi::ObjectType::untyped && std::has_single_bit(size)) {
        parameter = {.parameter = Parameter::bits, .value = page_bits + static_cast<uint64_t>(std::countr_zero(size))};
    }
    Object object{.type = *known, .name = result_.names().intern(name)};
    if (parameter) {
        object.parameters = {static_cast<uint32_t>(result_.parameters.size()), 1};
        result_.parameters.push_back(*parameter);
    }
    const bool has_inside =
        type == abi::ObjectType::cap_table || type == abi::ObjectType::thread || type == abi::ObjectType::address_space;
    if (has_inside && number == image::none) {
        remarks_.push_back(fmt::format("{} was made while the system ran; what it holds was not looked at", name));
    }
    const ObjectId made = result_.declare(object, Model::Form::single, 1);
    if (number != image::none) {
        made_since_.emplace(number, made);
    }
    return made;
}

// The kernel's tree is a list in pre-order, of which each slot names the one before: a parent is the nearest one before that is
// less deep.
void Snapshot::derivations() {
    std::unordered_map<uint64_t, const Slot*> after;
    std::unordered_map<uint64_t, const Slot*> by_identity;
    for (const Slot& slot : state_.slots) {
        by_identity.emplace(slot.slot, &slot);
        after.emplace(slot.before, &slot);
    }
    for (const Slot& first : state_.slots) {
        if (by_identity.contains(first.before)) {
            continue;
        }
        std::vector<const Slot*> above;
        size_t left = state_.slots.size();  // what goes round in a circle is no report
        for (const Slot* at = &first; at != nullptr && left-- != 0;) {
            while (!above.empty() && above.back()->depth >= at->depth) {
                above.pop_back();
            }
            const auto child = places_.find(at->slot);
            const auto parent = above.empty() ? places_.end() : places_.find(above.back()->slot);
            if (child != places_.end() && parent != places_.end()) {
                derive(parent->second, child->second);
            }
            above.push_back(at);
            const auto next = after.find(at->slot);
            at = next == after.end() ? nullptr : next->second;
        }
    }
    result_.seal();  // with what new untypeds cover
}

// What is made from an untyped is its child in the kernel's tree, and covered by it in a spec.
void Snapshot::derive(const SlotPlace& parent, const SlotPlace& child) {
    const Capability* from = result_.slot(parent.container, parent.slot);
    const Capability* to = result_.slot(child.container, child.slot);
    if (from == nullptr || to == nullptr) {
        return;
    }
    if (from->object == to->object) {
        result_.capabilities[index_of(result_.id_of(to))].parent = result_.id_of(from);
    } else if (from->object != ObjectId::none && result_[from->object].type == ObjectType::ut &&
               to->object != ObjectId::none && result_[to->object].untyped == ObjectId::none) {
        result_.cover(from->object, to->object);
    }
}

}  // namespace capdl
