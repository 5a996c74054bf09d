// SPDX-License-Identifier: BSD-2-Clause
// Finds every way through the graph of influence that has no shorter one within it.
#include "analysis/way_search.hpp"

#include <algorithm>
#include <deque>
#include <span>

namespace capdl {
namespace {

using Node = Influence::Node;

constexpr uint32_t unreached = ~uint32_t{0};

}  // namespace

WaySearch::WaySearch(const Influence& influence, const std::vector<Node>& from, const std::vector<Node>& to,
                     const std::vector<Node>& barred)
    : influence_(influence),
      from_(from),
      closed_(influence.count(), false),
      is_end_(influence.count(), false),
      shortcuts_(influence.count(), 0),
      is_met_(influence.joined().nodes(), false),
      is_on_path_(influence.count(), false) {
    for (const Node node : to) {
        is_end_[node] = true;
    }
    for (const Node node : barred) {
        closed_[node] = true;
    }
    for (const Node node : from) {
        closed_[node] = true;
        is_end_[node] = false;
    }
    std::ranges::sort(from_);
    const auto same = std::ranges::unique(from_);
    from_.erase(same.begin(), same.end());
    measure_distances(to);
}

// Backwards from the ends. To a node is a step, to a joint is none.
void WaySearch::measure_distances(const std::vector<Node>& to) {
    const StepGraph back = influence_.joined().reversed();
    distance_.assign(back.nodes(), unreached);
    std::deque<Node> order;
    for (const Node node : to) {
        if (is_end_[node] && distance_[node] != 0) {
            distance_[node] = 0;
            order.push_back(node);
        }
    }
    while (!order.empty()) {
        const Node at = order.front();
        order.pop_front();
        if (!influence_.is_joint(at) && closed_[at] && distance_[at] != 0) {
            continue;
        }
        const uint32_t distance = distance_[at] + (influence_.is_joint(at) ? 0 : 1);
        for (const Node before : back.from(at)) {
            if (distance >= distance_[before]) {
                continue;
            }
            distance_[before] = distance;
            if (distance == distance_[at]) {
                order.push_front(before);
            } else {
                order.push_back(before);
            }
        }
    }
}

Ways WaySearch::find() {
    size_t length = unreached;
    for (const Node node : from_) {
        length = std::min<size_t>(length, distance_[node]);
    }
    goes_on_ = length != unreached;
    for (; goes_on_ && !is_cut(); ++length) {
        goes_on_ = false;
        for (const Node node : from_) {
            search(node, length);
        }
    }
    ways_.are_all = !is_cut();
    ways_.paths.resize(std::min(ways_.paths.size(), most_ways));
    return std::move(ways_);
}

void WaySearch::search(Node start, size_t length) {
    if (is_cut()) {
        return;
    }
    enter(start, length);
    while (!levels_.empty()) {
        Level& level = levels_.back();
        if (level.tried < level.taken.size() && !is_cut()) {
            enter(level.taken[level.tried++], length);
        } else {
            leave();
        }
    }
}

void WaySearch::enter(Node node, size_t length) {
    path_.push_back(node);
    is_on_path_[node] = true;
    Level level{.next = next(node), .taken = {}};
    if (std::ranges::any_of(level.next, [this](Node each) { return is_end_[each]; })) {
        end_at(level.next, length);
    } else if (path_.size() == length) {
        goes_on_ = true;
    } else {
        for (const Node each : level.next) {
            if (closed_[each] || shortcuts_[each] != 0 || distance_[each] == unreached || is_on_path_[each]) {
                continue;
            }
            if (path_.size() + distance_[each] <= length) {
                level.taken.push_back(each);
            } else {
                goes_on_ = true;
            }
        }
    }
    for (const Node each : level.next) {
        ++shortcuts_[each];
    }
    levels_.push_back(std::move(level));
}

void WaySearch::leave() {
    for (const Node each : levels_.back().next) {
        --shortcuts_[each];
    }
    levels_.pop_back();
    is_on_path_[path_.back()] = false;
    path_.pop_back();
}

// Whatever goes on from here has this short cut.
void WaySearch::end_at(const std::vector<Node>& next, size_t length) {
    for (const Node node : next) {
        if (path_.size() == length && is_end_[node] && shortcuts_[node] == 0 && !is_cut()) {
            emit(node);
        }
    }
    goes_on_ = goes_on_ || path_.size() > length;
}

std::vector<Node> WaySearch::next(Node node) {
    std::vector<Node> met{node};
    is_met_[node] = true;
    for (size_t at = 0; at < met.size(); ++at) {
        if (at != 0 && !influence_.is_joint(met[at])) {
            continue;
        }
        const std::span<const Node> steps = influence_.joined().from(met[at]);
        steps_ += 1 + steps.size();
        for (const Node to : steps) {
            if (!is_met_[to]) {
                is_met_[to] = true;
                met.push_back(to);
            }
        }
    }
    for (const Node each : met) {
        is_met_[each] = false;
    }
    std::erase_if(met, [&](Node each) { return each == node || influence_.is_joint(each); });
    std::ranges::sort(met);
    return met;
}

void WaySearch::emit(Node end) {
    InfluencePath path;
    for (size_t index = 0; index < path_.size(); ++index) {
        path.steps.push_back(step(path_[index], index + 1 < path_.size() ? path_[index + 1] : end));
    }
    steps_ += path.steps.size();
    ways_.paths.push_back(std::move(path));
}

InfluencePath::Step WaySearch::step(Node from, Node to) const {
    const std::vector<Influence::Edge> edges = influence_.edges(from, to);
    const auto listed = std::span(edges).subspan(1, std::min(edges.size() - 1, most_others));
    return {.from = from,
            .edge = edges.front(),
            .others = {listed.begin(), listed.end()},
            .unlisted = edges.size() - 1 - listed.size()};
}

}  // namespace capdl
