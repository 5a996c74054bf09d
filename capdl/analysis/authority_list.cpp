// SPDX-License-Identifier: BSD-2-Clause
// What a spec gives to whom, as lines that can be compared with those of another spec.
#include "analysis/authority_list.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <map>

#include "analysis/reach.hpp"

namespace capdl {
namespace {

std::string letters(Rights rights) {
    std::string text;
    text += rights.has(Rights::read) ? "R" : "";
    text += rights.has(Rights::write) ? "W" : "";
    text += rights.has(Rights::transfer) ? "G" : "";
    text += rights.has(Rights::reply) ? "P" : "";
    text += !rights.has(Rights::inspect) ? "" : text.empty() ? "inspect" : ", inspect";
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
        rights = rights | (has_rights ? effective_rights(model, capability) : Rights()) |
                 (capability.rights & Rights(Rights::inspect));
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

namespace {

using Threads = std::map<std::string, Influence::Node>;

/// One of the systems that are compared.
class Side {
public:
    explicit Side(const Model& model) : influence_(model), reach_(influence_) {
        for (uint32_t index = 0; index < model.objects.size(); ++index) {
            if (model.objects[index].type == ObjectType::tcb) {
                threads_.emplace(influence_.name(index), index);
            }
        }
    }

    [[nodiscard]] const Influence& influence() const { return influence_; }
    [[nodiscard]] uint64_t work() const { return reach_.work(); }
    [[nodiscard]] const Threads& threads() const { return threads_; }
    /// Gives numbers to names; not all need to be known.
    void number(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            const auto known = threads_.find(name);
            nodes_.push_back(known == threads_.end() ? Nodes() : Nodes{known->second});
        }
    }
    void aim(size_t begin, size_t count) {
        const auto first = nodes_.begin() + static_cast<std::ptrdiff_t>(begin);
        reach_.aim({first, first + static_cast<std::ptrdiff_t>(count)});
    }
    /// Which of the ends the thread of a number reaches.
    [[nodiscard]] uint64_t reached_from(size_t number) const {
        return nodes_[number].empty() ? 0 : reach_.from(nodes_[number].front());
    }

private:
    using Nodes = std::vector<Influence::Node>;
    Influence influence_;
    Reach reach_;
    Threads threads_;
    std::vector<Nodes> nodes_;  ///< by number: one or none
};

std::vector<std::string> all_names(const Threads& first, const Threads& second) {
    std::vector<std::string> names;
    for (const Threads* threads : {&first, &second}) {
        for (const auto& [name, node] : *threads) {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    const auto same = std::ranges::unique(names);
    names.erase(same.begin(), same.end());
    return names;
}

void add_line(std::vector<std::string>& lines, size_t& more, const std::string& from, const std::string& to) {
    if (lines.size() < InfluenceChange::most_lines) {
        lines.push_back(fmt::format("{} can affect {}", from, to));
    } else {
        ++more;
    }
}

}  // namespace

InfluenceChange influence_change(const Model& before, const Model& after) {
    Side first(before);
    Side second(after);
    InfluenceChange change;
    const std::vector<std::string> names = all_names(first.threads(), second.threads());
    const uint64_t passes = (names.size() + Reach::ends_at_a_time - 1) / Reach::ends_at_a_time;
    for (const Side* side : {&first, &second}) {
        if (!change.refusal) {
            change.refusal = side->influence().refusal();
        }
    }
    if (!change.refusal && passes * (first.work() + second.work() + names.size()) > AuthorityFlow::step_limit) {
        change.refusal =
            fmt::format("to compare {} threads takes more than {} steps", names.size(), AuthorityFlow::step_limit);
    }
    if (change.refusal) {
        return change;
    }
    for (Side* side : {&first, &second}) {
        side->number(names);
    }
    for (size_t begin = 0; begin < names.size(); begin += Reach::ends_at_a_time) {
        const size_t count = std::min(names.size() - begin, Reach::ends_at_a_time);
        for (Side* side : {&first, &second}) {
            side->aim(begin, count);
        }
        for (size_t from = 0; from < names.size(); ++from) {
            const uint64_t had = first.reached_from(from);
            const uint64_t has = second.reached_from(from);
            for (uint64_t left = had ^ has; left != 0; left &= left - 1) {
                const auto bit = static_cast<size_t>(std::countr_zero(left));
                if (begin + bit == from) {
                    continue;
                }
                if ((had >> bit & 1) != 0) {
                    add_line(change.lost, change.more_lost, names[from], names[begin + bit]);
                } else {
                    add_line(change.gained, change.more_gained, names[from], names[begin + bit]);
                }
            }
        }
    }
    std::ranges::sort(change.lost);
    std::ranges::sort(change.gained);
    return change;
}

}  // namespace capdl
