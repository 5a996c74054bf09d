// SPDX-License-Identifier: BSD-2-Clause
// What a spec means: objects, the capabilities in their slots, what covers what, what derives from what.
#include "model/model.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace capdl {

// --- Building ------------------------------------------------------------------------------------------------

ObjectId Model::declare(Object prototype, Form form, uint32_t count) {
    const auto first = static_cast<ObjectId>(objects.size());
    for (uint32_t element = 0; element < count; ++element) {
        prototype.element = form == Form::array ? element : no_index;
        objects.push_back(prototype);
    }
    const auto name = static_cast<size_t>(prototype.name);
    if (declarations_.size() <= name) {
        declarations_.resize(std::max<size_t>(names_.size(), name + 1));
    }
    declarations_[name] = {first, count, form == Form::array, prototype.span};
    declared_names_.push_back(prototype.name);
    return first;
}

void Model::cover(ObjectId untyped, ObjectId child) {
    (*this)[child].untyped = untyped;
    covers_.push_back({untyped, child});
}

CapabilityId Model::add(const Capability& capability) {
    capabilities.push_back(capability);
    return static_cast<CapabilityId>(capabilities.size() - 1);
}

void Model::seal() {
    order_children();
    order_capabilities();
}

// A counting sort, so that children stay in the order in which they were covered.
void Model::order_children() {
    for (Object& object : objects) {
        object.children = {};
    }
    for (const Cover& cover : covers_) {
        ++(*this)[cover.untyped].children.count;
    }
    uint32_t next = 0;
    for (Object& object : objects) {
        object.children.first = next;
        next += object.children.count;
        object.children.count = 0;
    }
    children_.resize(covers_.size());
    for (const Cover& cover : covers_) {
        Slice& slice = (*this)[cover.untyped].children;
        children_[slice.first + slice.count++] = cover.child;
    }
}

void Model::order_capabilities() {
    std::vector<uint32_t> order(capabilities.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [this](uint32_t index) {
        const Capability& capability = capabilities[index];
        return std::tuple(capability.container, capability.slot, index);
    });
    std::vector<uint32_t> place(capabilities.size());
    std::vector<Capability> ordered(capabilities.size());
    for (uint32_t index = 0; index < order.size(); ++index) {
        place[order[index]] = index;
        ordered[index] = capabilities[order[index]];
    }
    capabilities = std::move(ordered);

    for (Object& object : objects) {
        object.slots = {};
    }
    for (uint32_t index = 0; index < capabilities.size(); ++index) {
        Capability& capability = capabilities[index];
        if (capability.parent != CapabilityId::none) {
            capability.parent = static_cast<CapabilityId>(place[index_of(capability.parent)]);
        }
        Slice& slots = (*this)[capability.container].slots;
        if (slots.count++ == 0) {
            slots.first = index;
        }
    }
}

// --- Looking -------------------------------------------------------------------------------------------------

const Declaration* Model::find(Name name) const {
    const auto index = static_cast<size_t>(name);
    if (index >= declarations_.size() || declarations_[index].first == ObjectId::none) {
        return nullptr;
    }
    return &declarations_[index];
}

const ObjectParameter* Model::parameter(ObjectId id, Parameter parameter) const {
    const std::span<const ObjectParameter> all = parameters_of(id);
    const auto found = std::ranges::find(all, parameter, &ObjectParameter::parameter);
    return found == all.end() ? nullptr : &*found;
}

std::optional<uint64_t> Model::value(ObjectId id, Parameter parameter) const {
    const ObjectParameter* found = this->parameter(id, parameter);
    return found == nullptr ? std::nullopt : std::optional(found->value);
}

std::span<const Fill> Model::fills_of(ObjectId id) const {
    const ObjectParameter* fill = parameter(id, Parameter::fill);
    return fill == nullptr ? std::span<const Fill>{} : Module::part(fills, fill->list);
}

const Capability* Model::slot(ObjectId id, uint64_t number) const {
    const std::span<const Capability> slots = slots_of(id);
    const auto found = std::ranges::lower_bound(slots, number, {}, &Capability::slot);
    return found == slots.end() || found->slot != number ? nullptr : &*found;
}

bool Model::has_place(ObjectId id) const {
    const ObjectId above = (*this)[id].untyped;
    return (parameter(id, Parameter::paddr) != nullptr &&
            (above == ObjectId::none || parameter(above, Parameter::paddr) == nullptr)) ||
           ((*this)[id].type == ObjectType::frame && parameter(id, Parameter::device) != nullptr);
}

bool Model::is_made_from(ObjectId untyped, ObjectId id) const {
    for (; id != ObjectId::none && !has_place(id); id = (*this)[id].untyped) {
        if ((*this)[id].untyped == untyped) {
            return true;
        }
    }
    return false;
}

bool Model::is_interrupt(ObjectId id) const {
    const ObjectType type = (*this)[id].type;
    return interrupt_types.contains(type) || (type == ObjectType::cnode && value(id, Parameter::bits) == 0);
}

std::string Model::name_of(ObjectId id) const {
    const Object& object = (*this)[id];
    const std::string_view name = text(object.name);
    return object.element == no_index ? std::string(name) : fmt::format("{}[{}]", name, object.element);
}

// Of `a.b.c` each beginning and each end may be what was lost: a component, or what is declared in one.
bool Model::is_lost(std::string_view name) const {
    const auto has = [this](std::string_view part) {
        const Name known = names_.find(part);
        return known != Name::none && lost_.contains(known);
    };
    if (lost_.empty()) {
        return false;
    }
    name = name.substr(0, name.find('['));
    for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
        if (has(name.substr(0, dot)) || has(name.substr(dot + 1))) {
            return true;
        }
    }
    return has(name);
}

}  // namespace capdl
