// SPDX-License-Identifier: BSD-2-Clause
// Who reaches whom in the graph of influence, for many at once.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analysis/influence.hpp"

namespace capdl {

/// Finds the cycles of a graph once (R. Tarjan, "Depth-First Search and Linear Graph Algorithms"); all in a cycle reach
/// the same. Then one pass over the edges answers for 64 ends at a time.
class Reach {
public:
    static constexpr size_t ends_at_a_time = 64;
    /// No end.
    static constexpr Influence::Node nobody = ~Influence::Node{0};
    using Ends = std::array<Influence::Node, ends_at_a_time>;

    explicit Reach(const Influence& influence);

    /// By node: bit n says that it reaches end n.
    [[nodiscard]] std::vector<uint64_t> of(const Ends& ends) const;

private:
    void find_cycles();

    const Influence& influence_;
    std::vector<uint32_t> cycle_;         ///< by node; what a cycle leads to has lower numbers
    std::vector<Influence::Node> order_;  ///< nodes by the number of their cycle
};

}  // namespace capdl
