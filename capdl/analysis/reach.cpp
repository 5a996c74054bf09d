// SPDX-License-Identifier: BSD-2-Clause
// Who reaches whom in the graph of influence, for many at once.
#include "analysis/reach.hpp"

#include <utility>

namespace capdl {

Reach::Reach(const Influence& influence, const std::vector<Influence::Node>& barred)
    : influence_(influence), is_barred_(influence.joined().nodes(), false) {
    const StepGraph& all = influence.joined();
    for (const Influence::Node node : barred) {
        is_barred_[node] = true;
    }
    std::vector<StepGraph::Step> steps;
    steps.reserve(all.steps());
    for (uint32_t from = 0; from < all.nodes(); ++from) {
        for (const uint32_t to : all.from(from)) {
            if (!is_barred_[from]) {
                steps.push_back({from, to});
            }
        }
    }
    Cycles cycles = find_cycles(barred.empty() ? all : StepGraph(all.nodes(), steps));
    for (StepGraph::Step& step : steps) {
        step = {cycles.cycle_of[step.from], cycles.cycle_of[step.to]};
    }
    steps_ = StepGraph(cycles.count, steps);
    cycle_of_ = std::move(cycles.cycle_of);
}

void Reach::aim(const Ends& ends) {
    reached_.assign(steps_.nodes(), 0);
    for (size_t bit = 0; bit < ends.size(); ++bit) {
        for (const Influence::Node node : ends[bit]) {
            reached_[cycle_of_[node]] |= uint64_t{1} << bit;
        }
    }
    for (uint32_t cycle = 0; cycle < steps_.nodes(); ++cycle) {
        for (const uint32_t to : steps_.from(cycle)) {
            reached_[cycle] |= reached_[to];
        }
    }
}

uint64_t Reach::from(Influence::Node node) const {
    uint64_t reached = reached_[cycle_of_[node]];
    if (is_barred_[node]) {
        for (const Influence::Node to : influence_.joined().from(node)) {
            reached |= reached_[cycle_of_[to]];
        }
    }
    return reached;
}

}  // namespace capdl
