// SPDX-License-Identifier: BSD-2-Clause
// A graph that does not change any more, and its cycles.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace capdl {

/// Numbered nodes with steps from one to the next. Takes 4 bytes for each step and 8 for each node.
class StepGraph {
public:
    struct Step {
        uint32_t from;
        uint32_t to;
    };

    StepGraph() = default;
    /// Steps in any order. Steps that are there twice are kept once, those from a node to itself not at all.
    StepGraph(uint32_t nodes, const std::vector<Step>& steps);

    [[nodiscard]] uint32_t nodes() const { return static_cast<uint32_t>(begins_.size()) - 1; }
    [[nodiscard]] size_t steps() const { return targets_.size(); }
    /// Where the steps from a node lead, in order.
    [[nodiscard]] std::span<const uint32_t> from(uint32_t node) const {
        return std::span(targets_).subspan(begins_[node], begins_[node + 1] - begins_[node]);
    }
    /// The same nodes, all steps the other way.
    [[nodiscard]] StepGraph reversed() const;

private:
    std::vector<size_t> begins_{0};  ///< by node, and the end
    std::vector<uint32_t> targets_;
};

/// Nodes that lead to each other (R. Tarjan, "Depth-First Search and Linear StepGraph Algorithms"); a node that leads to none
/// of those that lead to it is a cycle of its own.
struct Cycles {
    uint32_t count = 0;
    std::vector<uint32_t> cycle_of;  ///< by node; what a cycle leads to has lower numbers
    std::vector<uint32_t> order;     ///< nodes by the number of their cycle
};
/// Takes time in proportion to nodes and steps, and no stack.
[[nodiscard]] Cycles find_cycles(const StepGraph& graph);

}  // namespace capdl
