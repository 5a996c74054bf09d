// SPDX-License-Identifier: BSD-2-Clause
// What a spec gives to whom, as lines that can be compared with those of another spec.
#include "analysis/authority_list.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "analysis/influence.hpp"

namespace capdl {
namespace {

std::string letters(Rights rights) {
    std::string text;
    text += rights.has(Rights::read) ? "R" : "";
    text += rights.has(Rights::write) ? "W" : "";
    text += rights.has(Rights::transfer) ? "G" : "";
    text += rights.has(Rights::reply) ? "P" : "";
    return text;
}

// The space that a table is part of: its root's name.
std::vector<ObjectId> roots_of_tables(const Model& model) {
    std::vector<ObjectId> parent(model.objects.size(), ObjectId::none);
    for (const Capability& capability : model.capabilities) {
        if (capability.object != ObjectId::none && table_types.contains(model[capability.container].type) &&
            table_types.contains(model[capability.object].type)) {
            parent[index_of(capability.object)] = capability.container;
        }
    }
    constexpr unsigned most_levels = 8;
    std::vector<ObjectId> root(model.objects.size());
    for (uint32_t index = 0; index < root.size(); ++index) {
        root[index] = static_cast<ObjectId>(index);
        for (unsigned level = 0; level < most_levels && parent[index_of(root[index])] != ObjectId::none; ++level) {
            root[index] = parent[index_of(root[index])];
        }
    }
    return root;
}

}  // namespace

AuthorityList authority_list(const Model& model) {
    const std::vector<ObjectId> roots = roots_of_tables(model);
    AuthorityList list;
    for (const Capability& capability : model.capabilities) {
        const bool is_named = capability.object != ObjectId::none;
        const std::string target =
            is_named ? model.name_of(capability.object) : std::string(word(capability.authority));
        const ObjectType type = model[capability.container].type;
        std::string text;
        if (table_types.contains(type)) {
            if (!is_named || model[capability.object].type != ObjectType::frame) {
                continue;
            }
            text = fmt::format("{} maps {}", model.name_of(roots[index_of(capability.container)]), target);
        } else if (type == ObjectType::tcb && capability.slot < thread_slot_count) {
            text = fmt::format("{} has {} as {}", model.name_of(capability.container), target,
                               word(static_cast<ThreadSlot>(capability.slot)));
        } else {
            text = fmt::format("{} holds {}", model.name_of(capability.container), target);
        }
        const bool has_badge = is_named && types_with_badge.contains(model[capability.object].type);
        text += has_badge && capability.word != 0 ? fmt::format(", badge {}", capability.word) : "";
        text += capability.authority == Authority::sched_control ? fmt::format(", core {}", capability.word) : "";
        const bool has_rights = is_named && types_with_rights.contains(model[capability.object].type);
        Rights& rights = list[text];
        rights = rights | (has_rights ? effective_rights(model, capability) : Rights());
    }
    return list;
}

std::vector<std::string> gained(const AuthorityList& before, const AuthorityList& after) {
    std::vector<std::string> lines;
    for (const auto& [text, rights] : after) {
        const auto known = before.find(text);
        const Rights had = known == before.end() ? Rights() : known->second;
        const Rights more(static_cast<uint8_t>(rights.bits() & ~had.bits()));
        if (known == before.end() || more != Rights()) {
            lines.push_back(more == Rights() ? text : fmt::format("{} ({})", text, letters(more)));
        }
    }
    return lines;
}

std::vector<std::string> influence_list(const Model& model) {
    std::vector<Influence::Node> threads;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        if (model.objects[index].type == ObjectType::tcb) {
            threads.push_back(index);
        }
    }
    std::vector<std::string> lines;
    if (threads.size() > influence_limit) {
        return lines;
    }
    const Influence influence(model);
    for (const Influence::Node from : threads) {
        for (const Influence::Node to : reachable(influence, from)) {
            if (to != from && std::ranges::binary_search(threads, to)) {
                lines.push_back(fmt::format("{} can affect {}", influence.name(from), influence.name(to)));
            }
        }
    }
    std::ranges::sort(lines);
    return lines;
}

}  // namespace capdl
