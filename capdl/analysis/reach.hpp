// SPDX-License-Identifier: BSD-2-Clause
// Who reaches whom in the graph of influence, for many at once.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/step_graph.hpp"
#include "analysis/influence.hpp"

namespace capdl {

/// Finds the cycles of a graph once; all in a cycle reach the same. Then one pass over what is between the cycles answers
/// for 64 ends at a time.
class Reach {
public:
    static constexpr size_t ends_at_a_time = 64;
    /// At most so many; each some nodes, or none.
    using Ends = std::vector<std::vector<Influence::Node>>;

    /// Nothing goes on from a node that is barred.
    explicit Reach(const Influence& influence, const std::vector<Influence::Node>& barred = {});

    /// Aims at ends, and forgets those before.
    void aim(const Ends& ends);
    /// Bit n says that a node reaches end n: in some steps, or because it is part of it. The first step leads on from a
    /// barred node, too.
    [[nodiscard]] uint64_t from(Influence::Node node) const;
    /// The steps of one pass.
    [[nodiscard]] uint64_t work() const { return steps_.nodes() + steps_.steps(); }

private:
    const Influence& influence_;
    std::vector<uint32_t> cycle_of_;  ///< by node
    std::vector<bool> is_barred_;     ///< by node
    StepGraph steps_;                 ///< from cycle to cycle; they lead to lower numbers
    std::vector<uint64_t> reached_;   ///< by cycle
};

}  // namespace capdl
