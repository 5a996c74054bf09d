// SPDX-License-Identifier: BSD-2-Clause
// Ways through the graph of influence, and how they are said.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "analysis/way_search.hpp"
#include "model/printer.hpp"

namespace capdl {
namespace {

using Node = Influence::Node;

}  // namespace

Ways ways(const Influence& influence, const std::vector<Node>& from, const std::vector<Node>& to,
          const std::vector<Node>& barred) {
    return WaySearch(influence, from, to, barred).find();
}

std::vector<Node> reachable(const Influence& influence, Node from) {
    std::vector<bool> seen(influence.joined().nodes(), false);
    std::vector<Node> order{from};
    seen[from] = true;
    for (size_t at = 0; at < order.size(); ++at) {
        for (const Node to : influence.joined().from(order[at])) {
            if (!seen[to]) {
                seen[to] = true;
                order.push_back(to);
            }
        }
    }
    std::erase_if(order, [&](Node node) { return influence.is_joint(node); });
    return order;
}

std::vector<Node> nodes_named(const Model& model, std::string_view name) {
    if (const Name whole = model.names().find(name); whole != Name::none) {
        const auto component = std::ranges::find(model.components, whole, &Component::name);
        if (component != model.components.end()) {
            return {Influence::node(component->thread)};
        }
    }
    const size_t bracket = name.find('[');
    const Declaration* known = model.find(model.names().find(name.substr(0, bracket)));
    std::vector<Node> result;
    if (known == nullptr) {
        // What a component expanded to can be called by the component's name, too.
        const Name thread = model.names().find(fmt::format("{}.tcb", name));
        const Declaration* expanded = thread == Name::none ? nullptr : model.find(thread);
        return expanded == nullptr ? result : std::vector<Node>{Influence::node(expanded->first)};
    }
    uint32_t element = 0;
    if (bracket != std::string_view::npos) {
        const char* const end = name.data() + name.size();
        const auto [stop, error] = std::from_chars(name.data() + bracket + 1, end, element);
        if (error != std::errc{} || stop + 1 != end || *stop != ']' || element >= known->count) {
            return result;
        }
        return {index_of(known->first) + element};
    }
    for (uint32_t index = 0; index < known->count; ++index) {
        result.push_back(index_of(known->first) + index);
    }
    return result;
}

std::string describe(const Model& model, CapabilityId id) {
    const Capability& capability = model[id];
    const std::string parameters = Printer(model).parameters_of(capability);
    const std::string target = capability.object == ObjectId::none ? std::string(word(capability.authority))
                                                                   : model.name_of(capability.object);
    const std::string slot = Printer(model).slot_text(capability.container, capability.slot);
    return fmt::format("{}{} of {} holds {}{}", slot.front() >= '0' && slot.front() <= '9' ? "slot " : "", slot,
                       model.name_of(capability.container), target, parameters);
}

std::string describe(const Influence& influence, Node from, const Influence::Edge& edge) {
    std::string text = fmt::format("{} {} {}", influence.name(from), edge.how, influence.name(edge.to));
    if (edge.capability != CapabilityId::none) {
        text += fmt::format("    [{}]", describe(influence.model(), edge.capability));
    }
    return text;
}

std::vector<std::string> provenance(const Influence& influence, AuthorityWays& ways, const Influence::Edge& edge) {
    std::vector<std::string> lines;
    const Model& model = influence.model();
    if (edge.thread == ObjectId::none || !influence.flow().can_hold(edge.thread, edge.capability)) {
        return lines;
    }
    const Capability* own = model.slot(edge.thread, ThreadSlot::cspace);
    if (own != nullptr && own->object == model[edge.capability].container) {
        return lines;
    }
    const auto name = [&](ObjectId id) {
        return id == ObjectId::none ? std::string(word(Authority::remaining_untyped)) : model.name_of(id);
    };
    for (const AuthorityWays::Step& step : ways.way(edge.capability, edge.thread)) {
        lines.push_back(fmt::format("{} {} {}    [{}]", name(step.from), step.how, name(step.to),
                                    describe(model, step.capability)));
    }
    return lines;
}

}  // namespace capdl
