// SPDX-License-Identifier: BSD-2-Clause
// Who reaches whom in the graph of influence, for many at once.
#include "analysis/reach.hpp"

#include <algorithm>

namespace capdl {

using Node = Influence::Node;

Reach::Reach(const Influence& influence) : influence_(influence) { find_cycles(); }

void Reach::find_cycles() {
    constexpr uint32_t unseen = ~uint32_t{0};
    struct Visit {
        Node node;
        size_t next_edge;
    };
    std::vector<uint32_t> number(influence_.count(), unseen);
    std::vector<uint32_t> lowest(influence_.count(), 0);
    std::vector<Node> open;
    std::vector<Visit> visits;
    cycle_.assign(influence_.count(), unseen);
    uint32_t numbers = 0;
    uint32_t cycles = 0;
    const auto enter = [&](Node node) {
        number[node] = lowest[node] = numbers++;
        open.push_back(node);
        visits.push_back({node, 0});
    };
    for (Node start = 0; start < influence_.count(); ++start) {
        if (number[start] == unseen) {
            enter(start);
        }
        while (!visits.empty()) {
            const Node node = visits.back().node;
            if (visits.back().next_edge < influence_.edges(node).size()) {
                const Node to = influence_.edges(node)[visits.back().next_edge++].to;
                if (number[to] == unseen) {
                    enter(to);
                } else if (cycle_[to] == unseen) {
                    lowest[node] = std::min(lowest[node], number[to]);
                }
                continue;
            }
            visits.pop_back();
            if (!visits.empty()) {
                uint32_t& above = lowest[visits.back().node];
                above = std::min(above, lowest[node]);
            }
            if (lowest[node] == number[node]) {
                Node member;
                do {
                    member = open.back();
                    open.pop_back();
                    cycle_[member] = cycles;
                    order_.push_back(member);
                } while (member != node);
                ++cycles;
            }
        }
    }
}

std::vector<uint64_t> Reach::of(const Ends& ends) const {
    std::vector<uint64_t> reached(influence_.count(), 0);  // by cycle, which are at most as many
    for (size_t bit = 0; bit < ends.size(); ++bit) {
        if (ends[bit] != nobody) {
            reached[cycle_[ends[bit]]] |= uint64_t{1} << bit;
        }
    }
    for (const Node node : order_) {
        uint64_t& mine = reached[cycle_[node]];
        for (const Influence::Edge& edge : influence_.edges(node)) {
            mine |= reached[cycle_[edge.to]];
        }
    }
    std::vector<uint64_t> result(influence_.count());
    std::ranges::transform(cycle_, result.begin(), [&](uint32_t cycle) { return reached[cycle]; });
    return result;
}

}  // namespace capdl
