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

    /// From any of some nodes to any of the ends, none of the steps through a node that is barred.
    WaySearch(const Influence& influence, const std::vector<Influence::Node>& from,
              const std::vector<Influence::Node>& to, const std::vector<Influence::Node>& barred);

    [[nodiscard]] Ways find();

private:
    using Node = Influence::Node;
    void measure_distances(const std::vector<Node>& to);
    /// All ways of a length that go on from the last node of the path.
    void extend(size_t length);
    [[nodiscard]] bool is_cut() const { return ways_.paths.size() > most_ways || steps_ >= most_steps; }
    [[nodiscard]] bool reaches_end(Node node) const;
    void emit(Node end);
    [[nodiscard]] InfluencePath::Step step(Node from, Node to) const;

    const Influence& influence_;
    std::vector<Node> from_;
    std::vector<bool> closed_;  ///< not to be gone through
    std::vector<bool> is_end_;
    std::vector<uint32_t> distance_;   ///< to the next end
    std::vector<uint32_t> shortcuts_;  ///< by node: from how many of the path's nodes but the last a step leads there
    std::vector<Node> path_;
    size_t steps_ = 0;
    bool goes_on_ = false;  ///< whether there may be longer ones
    Ways ways_;
};

}  // namespace capdl
