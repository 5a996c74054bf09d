// SPDX-License-Identifier: BSD-2-Clause
// What an object is worth, apart from who holds it, as lines that can be compared with those of another spec.
#include "analysis/object_traits.hpp"

#include <fmt/format.h>

#include "text/sizes.hpp"

namespace capdl {
namespace {

/// Describes the objects of one model.
class Describer {
public:
    explicit Describer(const Model& model) : model_(model) {
        for (const InterruptMapping& mapping : model.interrupts) {
            lines_[mapping.object] = mapping.number;
        }
    }

    [[nodiscard]] Trait describe(const Declaration& declared) const {
        const ObjectId id = declared.first;
        Trait trait{of_one(id), false};
        std::string place = place_of(id);
        for (uint32_t element = 0; element < declared.count; ++element) {
            const auto line = lines_.find(static_cast<ObjectId>(index_of(id) + element));
            place += line == lines_.end() ? "" : fmt::format("{}{}", place.empty() ? "interrupt " : ", ", line->second);
        }
        trait.is_place = !place.empty();
        trait.text += trait.text.empty() || place.empty() ? "" : " ";
        trait.text += place;
        if (declared.is_array && !trait.text.empty()) {
            trait.text = fmt::format("{} times {}", declared.count, trait.text);
        }
        return trait;
    }

private:
    [[nodiscard]] uint64_t value(ObjectId id, Parameter parameter, uint64_t otherwise = 0) const {
        return model_.value(id, parameter).value_or(otherwise);
    }

    [[nodiscard]] std::string of_one(ObjectId id) const {
        const std::optional<uint64_t> bits = model_.value(id, Parameter::bits);
        switch (model_[id].type) {
        case ObjectType::frame: return size_text(value(id, Parameter::frame_size));
        case ObjectType::ut: return bits && *bits < 64 ? size_text(uint64_t{1} << *bits) : "";
        case ObjectType::cnode: return bits ? fmt::format("slots of {} bits", *bits) : "";
        case ObjectType::tcb: {
            const uint64_t priority = value(id, Parameter::prio);
            return fmt::format("priority {}, at most {}", priority, value(id, Parameter::max_prio, priority));
        }
        case ObjectType::sc: {
            const uint64_t budget = value(id, Parameter::budget);
            return fmt::format("{} of {} us", budget, value(id, Parameter::period, budget));
        }
        default: return "";
        }
    }

    [[nodiscard]] std::string place_of(ObjectId id) const {
        if (const ObjectParameter* device = model_.parameter(id, Parameter::device)) {
            const uint64_t index = value(id, Parameter::index);
            return fmt::format("of the device \"{}\"{}", model_.text(device->text),
                               index == 0 ? "" : fmt::format(", number {}", index));
        }
        const std::optional<uint64_t> address = model_.value(id, Parameter::paddr);
        return address ? fmt::format("at {:#x}", *address) : "";
    }

    const Model& model_;
    std::map<ObjectId, uint64_t> lines_;
};

}  // namespace

ObjectTraits object_traits(const Model& model) {
    const Describer describer(model);
    ObjectTraits traits;
    for (const Name name : model.declared_names()) {
        traits.emplace(model.text(name), describer.describe(*model.find(name)));
    }
    return traits;
}

std::vector<std::string> gained(const ObjectTraits& before, const ObjectTraits& after) {
    std::vector<std::string> lines;
    for (const auto& [name, trait] : after) {
        const auto known = before.find(name);
        const bool is_new = known == before.end() ? trait.is_place : trait.text != known->second.text;
        if (is_new && !trait.text.empty()) {
            lines.push_back(fmt::format("{} has {}", name, trait.text));
        }
    }
    return lines;
}

}  // namespace capdl
