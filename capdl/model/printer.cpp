// SPDX-License-Identifier: BSD-2-Clause
// Prints a Model as a spec: objects.
#include "model/printer.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "text/sizes.hpp"

namespace capdl {

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        switch (c) {
        case '"': result += "\\\""; break;
        case '\\': result += "\\\\"; break;
        case '\n': result += "\\n"; break;
        case '\t': result += "\\t"; break;
        default: result += c; break;
        }
    }
    return result + '"';
}

std::string Printer::print() {
    out_ = fmt::format("arch {}\n", word(model_.architecture));
    order_.clear();
    objects();
    rank_.assign(order_.size(), 0);
    for (uint32_t place = 0; place < order_.size(); ++place) {
        rank_[index_of(order_[place])] = place;
    }
    capabilities();
    interrupts();
    derivations();
    domains();
    return std::move(out_);
}

void Printer::objects() {
    out_ += "\nobjects {";
    for (const Name name : model_.declared_names()) {
        const ObjectId first = model_.find(name)->first;
        if (!is_declared_below_untyped(first)) {
            object(first, 1);
        }
    }
    later_children();
    out_ += "\n}\n";
}

// A covered array whose elements are all alike and lie side by side can be declared where they lie.
bool Printer::is_uniform_array(const Declaration& declaration) const {
    const Object& first = model_[declaration.first];
    for (uint32_t element = 0; element < declaration.count; ++element) {
        const Object& object = model_.objects[index_of(declaration.first) + element];
        if (object.untyped != first.untyped || object.children.count != 0) {
            return false;
        }
    }
    const std::span<const ObjectId> siblings = model_.children_of(first.untyped);
    const auto at = std::ranges::find(siblings, declaration.first);
    if (siblings.end() - at < static_cast<ptrdiff_t>(declaration.count)) {
        return false;
    }
    for (uint32_t element = 0; element < declaration.count; ++element) {
        if (index_of(at[element]) != index_of(declaration.first) + element) {
            return false;
        }
    }
    return true;
}

bool Printer::is_declared_below_untyped(ObjectId id) const {
    const Declaration& declaration = *model_.find(model_[id].name);
    const ObjectId untyped = model_[declaration.first].untyped;
    const bool parent_is_single = untyped != ObjectId::none && model_[untyped].element == no_index;
    return parent_is_single && (!declaration.is_array || is_uniform_array(declaration));
}

// Declares one object or a whole array.
void Printer::object(ObjectId id, unsigned indent) {
    const Object& object = model_[id];
    const Declaration& declaration = *model_.find(object.name);
    line(indent);
    out_ += model_.text(object.name);
    if (declaration.is_array) {
        out_ += fmt::format("[{}]", declaration.count);
    }
    out_ += fmt::format(" = {}", word(object.type));
    object_parameters(id);
    for (uint32_t element = 0; element < declaration.count; ++element) {
        order_.push_back(static_cast<ObjectId>(index_of(declaration.first) + element));
    }
    if (!declaration.is_array && object.children.count != 0) {
        children(id, indent);
    }
}

// Whether one is the next element of the other's array, and just as well only referred to.
bool Printer::follows(ObjectId previous, ObjectId next) const {
    return model_[previous].element != no_index && index_of(next) == index_of(previous) + 1 &&
           model_[next].name == model_[previous].name;
}

void Printer::children(ObjectId untyped, unsigned indent) {
    out_ += " {";
    const std::span<const ObjectId> children = model_.children_of(untyped);
    for (size_t index = 0; index < children.size(); ++index) {
        const ObjectId child = children[index];
        if (is_declared_below_untyped(child)) {
            object(child, indent + 1);
            index += model_.find(model_[child].name)->count - 1;
        } else {
            size_t last = index;
            while (last + 1 < children.size() && follows(children[last], children[last + 1])) {
                ++last;
            }
            line(indent + 1);
            out_ += last == index ? model_.name_of(child)
                                  : fmt::format("{}[{}..{}]", model_.text(model_[child].name), model_[child].element,
                                                model_[children[last]].element);
            index = last;
        }
    }
    line(indent);
    out_ += '}';
}

// Untypeds in arrays say what they cover once the array is declared.
void Printer::later_children() {
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model_[id].element != no_index && model_[id].children.count != 0) {
            line(1);
            out_ += fmt::format("{} = ut", model_.name_of(id));
            children(id, 1);
        }
    }
}

void Printer::object_parameters(ObjectId id) {
    const std::span<const ObjectParameter> parameters = model_.parameters_of(id);
    for (const ObjectParameter& parameter : parameters) {
        out_ += &parameter == parameters.data() ? " (" : ", ";
        const auto rule = std::ranges::find(capdl::object_parameters(), parameter.parameter, &ParameterRule::parameter);
        if (parameter.parameter == Parameter::pci_device) {
            out_ += fmt::format("{}:{}.{}", parameter.value, parameter.second, parameter.third);
        } else if (parameter.parameter == Parameter::bits) {
            out_ += fmt::format("{} bits", parameter.value);
        } else if (parameter.parameter == Parameter::frame_size) {
            out_ += size_word(parameter.value);
        } else {
            out_ += fmt::format("{}: ", rule->word);
            parameter_value(parameter, rule->shape);
        }
    }
    out_ += parameters.empty() ? "" : ")";
}

void Printer::parameter_value(const ObjectParameter& parameter, ValueShape shape) {
    const auto list = [this](char open, auto elements, auto print, char close) {
        out_ += open;
        for (size_t index = 0; index < elements.size(); ++index) {
            out_ += index == 0 ? "" : ", ";
            print(elements[index]);
        }
        out_ += close;
    };
    switch (shape) {
    case ValueShape::boolean: out_ += parameter.value != 0 ? "True" : "False"; break;
    case ValueShape::trigger: out_ += parameter.value != 0 ? "edge" : "level"; break;
    case ValueShape::text: out_ += quoted(model_.text(parameter.text)); break;
    case ValueShape::word: out_ += model_.text(parameter.text); break;
    case ValueShape::numbers:
        list(
            '[', Module::part(model_.numbers, parameter.list),
            [this](uint64_t number) { fmt::format_to(std::back_inserter(out_), "{}", number); }, ']');
        break;
    case ValueShape::port_range: out_ += fmt::format("[{}..{}]", parameter.value, parameter.second); break;
    case ValueShape::fills:
        list('[', Module::part(model_.fills, parameter.list), [this](const Fill& part) { fill(part); }, ']');
        break;
    default: {
        const bool is_address = parameter.parameter == Parameter::paddr || parameter.parameter == Parameter::addr ||
                                parameter.parameter == Parameter::ip || parameter.parameter == Parameter::sp ||
                                parameter.parameter == Parameter::tls || parameter.parameter == Parameter::asid_high;
        out_ += is_address ? fmt::format("{:#x}", parameter.value) : fmt::format("{}", parameter.value);
        break;
    }
    }
}

void Printer::fill(const Fill& fill) {
    out_ += fmt::format("{{{} {} {}", fill.offset, fill.length, word(fill.source));
    switch (fill.source) {
    case FillSource::file: out_ += fmt::format(" {} {}", quoted(model_.text(fill.text)), fill.source_offset); break;
    case FillSource::device_tree:
    case FillSource::boot_info: out_ += fmt::format(" {} {}", boot_info_word(fill.source), fill.source_offset); break;
    case FillSource::bytes: out_ += fmt::format(" \"{}\"", model_.text(fill.text)); break;
    case FillSource::device_base: out_ += fmt::format(" {}", model_.name_of(fill.frame)); break;
    case FillSource::device_start:
    case FillSource::device_models:
    case FillSource::restart_plan:
        out_ += fmt::format(" {} {:#x}", model_.name_of(fill.frame), fill.source_offset);
        break;
    case FillSource::handed_over:
        out_ += fill.source_offset == 0 ? std::string() : fmt::format(" {:#x}", fill.source_offset);
        break;
    }
    out_ += '}';
}

}  // namespace capdl
