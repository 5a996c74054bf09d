// SPDX-License-Identifier: BSD-2-Clause
// What can affect what, directly: what many threads have alike, and how that is joined.
#include <algorithm>
#include <array>

#include "analysis/influence.hpp"

namespace capdl {

// Climbs from the table that a mapping is in to the threads' own, through at most all levels of a space.
bool Influence::has(ObjectId thread, CapabilityId capability) const {
    const ObjectId container = model_[capability].container;
    if (model_[container].type == ObjectType::cnode) {
        return acts(thread) && flow_.can_hold(thread, capability);
    }
    const Capability* space = model_.slot(thread, ThreadSlot::vspace);
    std::vector<ObjectId> tables{container};
    for (size_t at = 0; at < tables.size(); ++at) {
        if (space != nullptr && tables[at] == space->object) {
            return true;
        }
        for (const ObjectId above : tables_with_[index_of(tables[at])]) {
            if (std::ranges::find(tables, above) == tables.end()) {  // a table of RISC-V can hang in itself
                tables.push_back(above);
            }
        }
    }
    return false;
}

bool Influence::satisfies(ObjectId thread, Needs needs) const {
    switch (needs) {
    case Needs::nothing: return true;
    case Needs::table: return flow_.accepts(thread);
    case Needs::maker: return flow_.makes(thread);
    }
    __builtin_unreachable();
}

std::vector<Influence::Edge> Influence::edges(Node from, Node to) const {
    std::vector<Edge> result;
    if (from == to) {
        return result;
    }
    for (const Edge& edge : edges_[from]) {
        if (edge.to == to) {
            result.push_back(edge);
        }
    }
    const auto is_thread = [this](Node node) {
        return node < model_.objects.size() && model_.objects[node].type == ObjectType::tcb;
    };
    if (is_thread(from)) {
        const auto thread = static_cast<ObjectId>(from);
        for (const Effect& effect : effects_[to]) {
            if (!effect.there.empty() && has(thread, effect.capability) && satisfies(thread, effect.there_needs)) {
                result.push_back({to, effect.there, thread, effect.capability});
            }
        }
    }
    if (is_thread(to)) {
        const auto thread = static_cast<ObjectId>(to);
        for (const Effect& effect : effects_[from]) {
            if (!effect.back.empty() && has(thread, effect.capability) && satisfies(thread, effect.back_needs)) {
                result.push_back({to, effect.back, thread, effect.capability});
            }
        }
    }
    return result;
}

// Two layers of joints for the tables of spaces and for each need of those that hold: one that leads from the threads to
// what they affect, one that leads back. A joint stands for what is in one table, or for one group of places.
//
//     thread -> there (its group) -> there (groups from which capabilities come to it) -> what theirs affect
//     thread <- back  (its group) <- back  (groups from which capabilities come to it) <- what affects who holds theirs
void Influence::join() {
    constexpr std::array all_needs{Needs::nothing, Needs::table, Needs::maker};
    const StepGraph& groups = flow_.groups();
    const auto objects = static_cast<Node>(model_.objects.size());
    const Node first_of_held = count() + 2 * objects;
    const auto number = [](Needs needs) { return static_cast<Node>(needs); };
    const auto there = [&](Needs needs, uint32_t group) {
        return first_of_held + 2 * number(needs) * groups.nodes() + group;
    };
    const auto back = [&](Needs needs, uint32_t group) { return there(needs, group) + groups.nodes(); };
    const auto mapped_there = [&](ObjectId table) { return count() + index_of(table); };
    const auto mapped_back = [&](ObjectId table) { return count() + objects + index_of(table); };

    std::vector<StepGraph::Step> steps;
    for (uint32_t from = 0; from < groups.nodes(); ++from) {
        for (const uint32_t to : groups.from(from)) {
            for (const Needs needs : all_needs) {
                steps.push_back({there(needs, to), there(needs, from)});
                steps.push_back({back(needs, from), back(needs, to)});
            }
        }
    }
    for (Node from = 0; from < count(); ++from) {
        for (const Edge& edge : edges_[from]) {
            steps.push_back({from, edge.to});
        }
        for (const Effect& effect : effects_[from]) {
            const ObjectId table = model_[effect.capability].container;
            const bool is_held = model_[table].type == ObjectType::cnode;
            if (!effect.there.empty()) {
                steps.push_back(
                    {is_held ? there(effect.there_needs, flow_.group_of(table)) : mapped_there(table), from});
            }
            if (!effect.back.empty()) {
                steps.push_back({from, is_held ? back(effect.back_needs, flow_.group_of(table)) : mapped_back(table)});
            }
        }
    }
    for (uint32_t index = 0; index < objects; ++index) {
        const auto id = static_cast<ObjectId>(index);
        for (const ObjectId above : tables_with_[index]) {
            steps.push_back({mapped_there(above), mapped_there(id)});
            steps.push_back({mapped_back(id), mapped_back(above)});
        }
        if (model_[id].type != ObjectType::tcb) {
            continue;
        }
        if (const Capability* space = model_.slot(id, ThreadSlot::vspace);
            space != nullptr && space->object != ObjectId::none) {
            steps.push_back({node(id), mapped_there(space->object)});
            steps.push_back({mapped_back(space->object), node(id)});
        }
        for (const Needs needs : all_needs) {
            if (acts(id) && satisfies(id, needs)) {
                steps.push_back({node(id), there(needs, flow_.group_of(id))});
                steps.push_back({back(needs, flow_.group_of(id)), node(id)});
            }
        }
    }
    joined_ = StepGraph(first_of_held + 2 * static_cast<Node>(all_needs.size()) * groups.nodes(), steps);
}

}  // namespace capdl
