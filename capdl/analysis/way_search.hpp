// SPDX-License-Identifier: BSD-2-Clause
// Finds every way through the graph of influence that has no shorter one within it.
#pragma once

#include <vector>

#include "analysis/influence.hpp"

namespace capdl {

/// A way without a short cut: no step leads from one of its nodes to a later one but to the next. All other ways hold
/// one of these within them. Steps between the same two nodes are one step, by several capabilities.
///
/// Found in order of length. There can be more ways than anybody reads, so the search ends after `most_ways`, or when it
/// has looked along `most_steps`. A shortest way is always found: it has no short cut, and the search goes straight there.
class WaySearch {
public:
    static constexpr size_t most_ways = 200;
    static constexpr size_t most_steps = 20'000'000;
    /// Of the same step by several capabilities, so many are listed besides the first.
    static constexpr size_t most_others = 10;

    /// From any of some nodes to any of the ends, none of the steps through a node that is barred.
    WaySearch(const Influence& influence, const std::vector<Influence::Node>& from,
              const std::vector<Influence::Node>& to, const std::vector<Influence::Node>& barred);

    [[nodiscard]] Ways find();

private:
    using Node = Influence::Node;
    void measure_distances(const std::vector<Node>& to);
    /// All ways of a length from a node.
    void search(Node start, size_t length);
    void enter(Node node, size_t length);
    void leave();
    void end_at(const std::vector<Node>& next, size_t length);
    [[nodiscard]] bool is_cut() const {
        return ways_.paths.size() > most_ways || (steps_ >= most_steps && !ways_.paths.empty());
    }
    /// Where edges lead from a node, in order, each once.
    [[nodiscard]] std::vector<Node> next(Node node);
    void emit(Node end);
    [[nodiscard]] InfluencePath::Step step(Node from, Node to) const;

    const Influence& influence_;
    std::vector<Node> from_;
    std::vector<bool> closed_;  ///< not to be gone through
    std::vector<bool> is_end_;
    std::vector<uint32_t> distance_;   ///< to the next end
    std::vector<uint32_t> shortcuts_;  ///< by node: from how many of the path's nodes but the last an edge leads there
    std::vector<bool> is_met_;         ///< scratch of next(), by node and joint
    struct Level {
        std::vector<Node> next;   ///< where edges lead
        std::vector<Node> taken;  ///< those to try
        size_t tried = 0;
    };
    std::vector<Node> path_;
    std::vector<bool> is_on_path_;
    std::vector<Level> levels_;  ///< one for each node of the path
    size_t steps_ = 0;
    bool goes_on_ = false;  ///< whether there may be longer ones
    Ways ways_;
};

}  // namespace capdl
