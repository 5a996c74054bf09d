// SPDX-License-Identifier: BSD-2-Clause
// A picture of boxes, ellipses and arrows, as input for Graphviz, never of more than can be read.
#include "analysis/picture.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "text/sizes.hpp"

namespace capdl {
namespace {

constexpr std::string_view head =
    "digraph system {\n"
    "  rankdir=LR; node [fontname=\"Helvetica\", fontsize=11]; edge [fontname=\"Helvetica\", fontsize=9];\n";
constexpr size_t most_names = 3;  // in a folded node

std::string quoted_label(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        result += c == '"' || c == '\\' ? "\\" : "";
        result += c;
    }
    return result + '"';
}

// A name without its digits.
std::string pattern_of(std::string_view name) {
    std::string pattern;
    for (const char c : name) {
        if (c < '0' || c > '9') {
            pattern += c;
        } else if (pattern.empty() || pattern.back() != '#') {
            pattern += '#';
        }
    }
    return pattern;
}

template <class Names>
std::string joined(const Names& names) {
    std::string text;
    for (const std::string& name : names) {
        text += text.empty() ? name : ", " + name;
    }
    return text;
}

// Only nodes of one kind are folded.
std::string kind_of(const Picture::Node& node) {
    return fmt::format("{} {} ", node.shape == Picture::Shape::box ? "box" : "ellipse", node.what);
}

}  // namespace

void Picture::add(Node node) {
    if (index_.emplace(node.id, static_cast<uint32_t>(nodes_.size())).second) {
        nodes_.push_back(std::move(node));
    }
}

void Picture::arrow(const std::string& from, const std::string& to, std::string_view label) {
    std::set<std::string>& labels = arrows_[{index_.at(from), index_.at(to)}];
    if (!label.empty()) {
        labels.emplace(label);
    }
}

// --- Folding -----------------------------------------------------------------------------------------------------------

Picture::Drawing Picture::folded() const {
    Drawing drawing{{}, arrows_};
    for (const Node& node : nodes_) {
        drawing.groups.push_back({node, {node.name}});
    }
    const auto fits = [&] { return drawing.groups.size() <= readable; };
    if (fits()) {
        return drawing;
    }
    std::vector<std::string> patterns;
    for (Group& group : drawing.groups) {
        const bool is_centre = group.first.is_centre;
        patterns.push_back(is_centre ? group.first.id : kind_of(group.first) + pattern_of(group.first.name));
    }
    merge(drawing, patterns);
    for (size_t before = 0; !fits() && before != drawing.groups.size();) {
        before = drawing.groups.size();
        merge(drawing, neighbours(drawing));
    }
    if (!fits()) {
        merge(drawing, few_and_others(drawing));
    }
    return drawing;
}

// Groups of one key become one.
void Picture::merge(Drawing& drawing, const std::vector<std::string>& keys) {
    std::map<std::string_view, uint32_t> known;
    std::vector<uint32_t> place(keys.size());
    std::vector<Group> groups;
    for (size_t index = 0; index < keys.size(); ++index) {
        const auto [at, is_new] = known.emplace(keys[index], static_cast<uint32_t>(groups.size()));
        place[index] = at->second;
        Group& group = drawing.groups[index];
        if (is_new) {
            groups.push_back(std::move(group));
            continue;
        }
        Group& whole = groups[at->second];
        whole.first.count += group.first.count;
        whole.first.bytes += group.first.bytes;
        for (const auto& [type, sum] : group.first.content) {
            Sum& all = whole.first.content[type];
            all = {all.count + sum.count, all.bytes + sum.bytes};
        }
        whole.first.what = whole.first.what == group.first.what ? whole.first.what : "objects";
        whole.names.merge(group.names);
    }
    for (Group& group : groups) {
        std::set<std::string> names;
        for (const std::string& name : group.names) {
            names.insert(group.names.size() == 1 ? name : pattern_of(name));
        }
        group.names = std::move(names);
    }
    Arrows arrows;
    for (auto& [ends, labels] : drawing.arrows) {
        arrows[{place[ends.first], place[ends.second]}].merge(labels);
    }
    drawing = {std::move(groups), std::move(arrows)};
}

// Of each group what it is and all its arrows: the same for groups that stand for the same in the system.
std::vector<std::string> Picture::neighbours(const Drawing& drawing) {
    std::vector<std::string> keys;
    for (const Group& group : drawing.groups) {
        keys.push_back(group.first.is_centre ? group.first.id : kind_of(group.first));
    }
    for (const auto& [ends, labels] : drawing.arrows) {
        const auto [from, to] = ends;
        const std::string by = joined(labels);
        keys[from] += from == to ? fmt::format(">self:{};", by) : fmt::format(">{}:{};", to, by);
        if (from != to) {
            keys[to] += fmt::format("<{}:{};", from, by);
        }
    }
    return keys;
}

std::vector<std::string> Picture::few_and_others(const Drawing& drawing) {
    constexpr size_t others = 2;
    std::vector<size_t> arrows(drawing.groups.size(), 0);
    for (const auto& [ends, labels] : drawing.arrows) {
        ++arrows[ends.first];
        ++arrows[ends.second];
    }
    std::vector<uint32_t> order(drawing.groups.size());
    for (uint32_t index = 0; index < order.size(); ++index) {
        order[index] = index;
    }
    std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) {
        const bool a_first = drawing.groups[a].first.is_centre;
        const bool b_first = drawing.groups[b].first.is_centre;
        return a_first != b_first ? a_first : arrows[a] > arrows[b];
    });
    std::vector<std::string> keys(order.size());
    for (size_t rank = 0; rank < order.size(); ++rank) {
        const bool is_box = drawing.groups[order[rank]].first.shape == Shape::box;
        keys[order[rank]] = rank + others < readable ? fmt::format("{}", rank) : is_box ? "boxes" : "ellipses";
    }
    return keys;
}

// --- Writing -----------------------------------------------------------------------------------------------------------

std::string Picture::label(const Group& group) {
    const Node& node = group.first;
    std::vector<std::string> names(group.names.begin(), group.names.end());
    std::string text;
    if (names.size() > most_names) {
        const size_t more = names.size() - most_names + 1;
        names.resize(most_names - 1);
        text = fmt::format("{}, and {} more", joined(names), more);
    } else {
        text = joined(names);
    }
    if (node.count != 1) {
        text += fmt::format("\n{} {}{}", node.count, node.what, node.what == "part" ? "s" : "");
    } else if (node.shape == Shape::ellipse) {
        text += fmt::format("\n{}", node.what);
    }
    text += node.bytes == 0 ? "" : '\n' + size_text(node.bytes);
    for (const auto& [type, sum] : node.content) {
        text += fmt::format("\n{} {}, {}", sum.count, type, size_text(sum.bytes));
    }
    return text;
}

std::string Picture::text() const {
    const Drawing drawing = folded();
    std::set<std::string> lines;
    for (const Group& group : drawing.groups) {
        const bool is_box = group.first.shape == Shape::box;
        lines.insert(fmt::format("  {} [shape={}, label={}];\n", quoted_label(group.first.id),
                                 is_box ? "box, style=filled, fillcolor=\"#e8eef8\"" : "ellipse",
                                 quoted_label(label(group))));
    }
    for (const auto& [ends, labels] : drawing.arrows) {
        lines.insert(fmt::format("  {} -> {} [label={}];\n", quoted_label(drawing.groups[ends.first].first.id),
                                 quoted_label(drawing.groups[ends.second].first.id), quoted_label(joined(labels))));
    }
    std::string out(head);
    for (const std::string& line : lines) {
        out += line;
    }
    return out + "}\n";
}

}  // namespace capdl
