// SPDX-License-Identifier: BSD-2-Clause
// Finds every way through the graph of influence that has no shorter one within it.
#include "analysis/way_search.hpp"

#include <algorithm>

namespace capdl {
namespace {

constexpr uint32_t unreached = ~uint32_t{0};

}  // namespace

WaySearch::WaySearch(const Influence& influence, const std::vector<Node>& from, const std::vector<Node>& to,
                     const std::vector<Node>& barred)
    : influence_(influence),
      from_(from),
      closed_(influence.count(), false),
      is_end_(influence.count(), false),
      shortcuts_(influence.count(), 0) {
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

// Backwards from the ends.
void WaySearch::measure_distances(const std::vector<Node>& to) {
    std::vector<std::vector<Node>> back(influence_.count());
    for (Node node = 0; node < influence_.count(); ++node) {
        for (const Influence::Edge& edge : influence_.edges(node)) {
            back[edge.to].push_back(node);
        }
    }
    distance_.assign(influence_.count(), unreached);
    std::vector<Node> order;
    for (const Node node : to) {
        if (is_end_[node] && distance_[node] != 0) {
            distance_[node] = 0;
            order.push_back(node);
        }
    }
    for (size_t at = 0; at < order.size(); ++at) {
        for (const Node node : back[order[at]]) {
            if (distance_[node] == unreached) {
                distance_[node] = distance_[order[at]] + 1;
                if (!closed_[node]) {
                    order.push_back(node);
                }
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
            path_.assign(1, node);
            extend(length);
        }
    }
    ways_.are_all = !is_cut();
    ways_.paths.resize(std::min(ways_.paths.size(), most_ways));
    return std::move(ways_);
}

bool WaySearch::reaches_end(Node node) const {
    return std::ranges::any_of(influence_.edges(node),
                               [this](const Influence::Edge& edge) { return is_end_[edge.to]; });
}

void WaySearch::extend(size_t length) {
    const Node last = path_.back();
    if (is_cut()) {
        return;
    }
    steps_ += 1 + influence_.edges(last).size();
    if (reaches_end(last)) {  // whatever goes on from here has this short cut
        std::vector<Node> ended;
        for (const Influence::Edge& edge : influence_.edges(last)) {
            if (path_.size() == length && is_end_[edge.to] && shortcuts_[edge.to] == 0 &&
                std::ranges::find(ended, edge.to) == ended.end()) {
                ended.push_back(edge.to);
                emit(edge.to);
            }
        }
        goes_on_ = goes_on_ || path_.size() > length;
        return;
    }
    if (path_.size() == length) {
        goes_on_ = true;
        return;
    }
    std::vector<Node> next;
    for (const Influence::Edge& edge : influence_.edges(last)) {
        const bool open = !closed_[edge.to] && shortcuts_[edge.to] == 0 && distance_[edge.to] != unreached &&
                          std::ranges::find(path_, edge.to) == path_.end();
        if (open && path_.size() + distance_[edge.to] <= length) {
            next.push_back(edge.to);
        } else {
            goes_on_ = goes_on_ || open;
        }
    }
    std::ranges::sort(next);
    const auto same = std::ranges::unique(next);
    next.erase(same.begin(), same.end());
    for (const Influence::Edge& edge : influence_.edges(last)) {
        ++shortcuts_[edge.to];
    }
    for (const Node node : next) {
        path_.push_back(node);
        extend(length);
        path_.pop_back();
    }
    for (const Influence::Edge& edge : influence_.edges(last)) {
        --shortcuts_[edge.to];
    }
}

void WaySearch::emit(Node end) {
    InfluencePath path;
    for (size_t index = 0; index < path_.size(); ++index) {
        path.steps.push_back(step(path_[index], index + 1 < path_.size() ? path_[index + 1] : end));
    }
    ways_.paths.push_back(std::move(path));
}

InfluencePath::Step WaySearch::step(Node from, Node to) const {
    InfluencePath::Step result{.from = from, .edge = {}, .others = {}};
    bool is_first = true;
    for (const Influence::Edge& edge : influence_.edges(from)) {
        if (edge.to == to) {
            if (is_first) {
                result.edge = edge;
                is_first = false;
            } else {
                result.others.push_back(edge);
            }
        }
    }
    return result;
}

}  // namespace capdl
