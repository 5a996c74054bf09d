// SPDX-License-Identifier: BSD-2-Clause
// A graph that does not change any more, and its cycles.
#include "analysis/step_graph.hpp"

#include <algorithm>

namespace capdl {

StepGraph::StepGraph(uint32_t nodes, const std::vector<Step>& steps) : begins_(size_t{nodes} + 1, 0) {
    for (const Step& step : steps) {
        ++begins_[step.from];
    }
    size_t end = 0;
    for (size_t& begin : begins_) {
        end += begin;
        begin = end;
    }
    targets_.resize(steps.size());
    for (const Step& step : steps) {
        targets_[--begins_[step.from]] = step.to;
    }
    size_t kept = 0;
    for (uint32_t node = 0; node < nodes; ++node) {
        const auto first = targets_.begin() + static_cast<std::ptrdiff_t>(begins_[node]);
        const auto last = targets_.begin() + static_cast<std::ptrdiff_t>(begins_[node + 1]);
        std::sort(first, last);
        begins_[node] = kept;
        for (auto at = first; at != last; ++at) {
            if (*at != node && (at == first || *at != *(at - 1))) {
                targets_[kept++] = *at;
            }
        }
    }
    begins_[nodes] = kept;
    targets_.resize(kept);
    targets_.shrink_to_fit();
}

StepGraph StepGraph::reversed() const {
    std::vector<Step> back;
    back.reserve(steps());
    for (uint32_t node = 0; node < nodes(); ++node) {
        for (const uint32_t to : from(node)) {
            back.push_back({to, node});
        }
    }
    return StepGraph(nodes(), back);
}

namespace {

/// The search, as far as it has come.
class CycleSearch {
public:
    explicit CycleSearch(const StepGraph& graph)
        : graph_(graph), number_(graph.nodes(), unseen), lowest_(graph.nodes(), 0), result_{} {
        result_.cycle_of.assign(graph.nodes(), unseen);
        result_.order.reserve(graph.nodes());
    }

    Cycles find() {
        for (uint32_t start = 0; start < graph_.nodes(); ++start) {
            if (number_[start] == unseen) {
                enter(start);
            }
            while (!visits_.empty()) {
                go_on();
            }
        }
        return std::move(result_);
    }

private:
    static constexpr uint32_t unseen = ~uint32_t{0};
    struct Visit {
        uint32_t node;
        uint32_t next_step;
    };

    void enter(uint32_t node) {
        number_[node] = lowest_[node] = numbers_++;
        open_.push_back(node);
        visits_.push_back({node, 0});
    }

    void go_on() {
        const uint32_t node = visits_.back().node;
        const std::span<const uint32_t> steps = graph_.from(node);
        if (visits_.back().next_step < steps.size()) {
            const uint32_t to = steps[visits_.back().next_step++];
            if (number_[to] == unseen) {
                enter(to);
            } else if (result_.cycle_of[to] == unseen) {
                lowest_[node] = std::min(lowest_[node], number_[to]);
            }
            return;
        }
        visits_.pop_back();
        if (!visits_.empty()) {
            uint32_t& above = lowest_[visits_.back().node];
            above = std::min(above, lowest_[node]);
        }
        if (lowest_[node] == number_[node]) {
            close(node);
        }
    }

    void close(uint32_t first) {
        uint32_t member;
        do {
            member = open_.back();
            open_.pop_back();
            result_.cycle_of[member] = result_.count;
            result_.order.push_back(member);
        } while (member != first);
        ++result_.count;
    }

    const StepGraph& graph_;
    std::vector<uint32_t> number_;
    std::vector<uint32_t> lowest_;
    std::vector<uint32_t> open_;
    std::vector<Visit> visits_;
    uint32_t numbers_ = 0;
    Cycles result_;
};

}  // namespace

Cycles find_cycles(const StepGraph& graph) { return CycleSearch(graph).find(); }

}  // namespace capdl
