// SPDX-License-Identifier: BSD-2-Clause
// Ways through the graph of influence, and how they are said.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "analysis/influence.hpp"
#include "model/printer.hpp"

namespace capdl {
namespace {

using Node = Influence::Node;

// A breadth-first search, and which step led to each node.
struct Search {
    std::vector<uint32_t> distance;
    std::vector<InfluencePath::Step> step;
    std::vector<Node> order;

    static constexpr uint32_t unreached = ~uint32_t{0};

    Search(const Influence& influence, const std::vector<Node>& from, const std::vector<bool>& closed)
        : distance(influence.count(), unreached), step(influence.count()) {
        for (const Node node : from) {
            distance[node] = 0;
            order.push_back(node);
        }
        for (size_t at = 0; at < order.size(); ++at) {
            for (const Influence::Edge& edge : influence.edges(order[at])) {
                if (distance[edge.to] == unreached && !closed[edge.to]) {
                    distance[edge.to] = distance[order[at]] + 1;
                    step[edge.to] = {order[at], edge};
                    order.push_back(edge.to);
                }
            }
        }
    }

    [[nodiscard]] InfluencePath path(Node to) const {
        InfluencePath result;
        for (Node at = to; distance[at] != 0; at = step[at].from) {
            result.steps.push_back(step[at]);
        }
        std::ranges::reverse(result.steps);
        return result;
    }
};

// After a node that reaches everything, only the last step says something.
bool says_nothing_new(const Influence& influence, const InfluencePath& path) {
    for (size_t index = 0; index + 1 < path.steps.size(); ++index) {
        if (influence.is_wide(path.steps[index].edge.to) && index + 2 < path.steps.size()) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::vector<InfluencePath> ways(const Influence& influence, const std::vector<Node>& from, const std::vector<Node>& to,
                                const std::vector<Node>& barred) {
    std::vector<bool> closed(influence.count(), false);
    std::vector<bool> is_end(influence.count(), false);
    for (const Node node : barred) {
        closed[node] = true;
    }
    for (const Node node : to) {
        closed[node] = is_end[node] = true;
    }
    for (const Node node : from) {
        closed[node] = true;
        is_end[node] = false;
    }
    const Search search(influence, from, closed);
    std::vector<InfluencePath> result;
    for (const Node last : search.order) {
        std::vector<Node> ended;
        for (const Influence::Edge& edge : influence.edges(last)) {
            if (is_end[edge.to] && std::ranges::find(ended, edge.to) == ended.end()) {
                ended.push_back(edge.to);
                InfluencePath path = search.path(last);
                path.steps.push_back({last, edge});
                if (!says_nothing_new(influence, path)) {
                    result.push_back(std::move(path));
                }
            }
        }
    }
    return result;
}

std::vector<Node> reachable(const Influence& influence, Node from) {
    return Search(influence, {from}, std::vector<bool>(influence.count(), false)).order;
}

std::vector<Node> nodes_named(const Model& model, std::string_view name) {
    for (const Component& component : model.components) {
        if (model.text(component.name) == name) {
            return {Influence::node(component.thread)};
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

std::string describe(const Influence& influence, const InfluencePath::Step& step) {
    std::string text = fmt::format("{} {} {}", influence.name(step.from), step.edge.how, influence.name(step.edge.to));
    if (step.edge.capability != CapabilityId::none) {
        text += fmt::format("    [{}]", describe(influence.model(), step.edge.capability));
    }
    return text;
}

std::vector<std::string> provenance(const Influence& influence, const InfluencePath::Step& step) {
    std::vector<std::string> lines;
    const CapabilityId id = step.edge.capability;
    if (step.edge.thread == ObjectId::none || id == CapabilityId::none ||
        !influence.flow().can_hold(step.edge.thread, id)) {
        return lines;
    }
    const std::vector<AuthorityFlow::Step> way = influence.flow().way(id, step.edge.thread);
    for (const AuthorityFlow::Step& each : way) {
        if (way.size() > 1) {
            lines.push_back(fmt::format("{} {} {}    [{}]", influence.flow().name(each.from), each.how,
                                        influence.flow().name(each.to), describe(influence.model(), each.capability)));
        }
    }
    return lines;
}

}  // namespace capdl
