// SPDX-License-Identifier: BSD-2-Clause
// `why` lists every way, the shortest first: against all ways of random small systems, found by trying everything.
#include <algorithm>
#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <set>
#include <span>

#include "analysis/influence.hpp"
#include "small_system.hpp"

namespace {

using capdl::Influence;
using Node = Influence::Node;
using Nodes = std::vector<Node>;

/// All ways to one node in which no step leads from a node to a later one but the next.
class AllWays {
public:
    /// `edges` by node: where edges lead.
    AllWays(const std::vector<std::set<Node>>& edges, Node to) : edges_(edges), to_(to) {}

    /// Nothing if there are too many to try.
    std::optional<std::set<Nodes>> from(Node node) {
        path_ = {node};
        extend();
        return steps_ < most_steps ? std::optional(found_) : std::nullopt;
    }

private:
    static constexpr unsigned most_steps = 200'000;

    bool leads(Node from, Node to) const { return edges_[from].contains(to); }

    void extend() {
        if (++steps_ >= most_steps) {
            return;
        }
        if (leads(path_.back(), to_)) {
            found_.insert(path_);
            return;
        }
        for (const Node node : edges_[path_.back()]) {
            const bool is_new = std::ranges::find(path_, node) == path_.end();
            const auto before_last = std::span(path_).first(path_.size() - 1);
            if (is_new && std::ranges::none_of(before_last, [&](Node earlier) { return leads(earlier, node); })) {
                path_.push_back(node);
                extend();
                path_.pop_back();
            }
        }
    }

    const std::vector<std::set<Node>>& edges_;
    Node to_;
    Nodes path_;
    unsigned steps_ = 0;
    std::set<Nodes> found_;
};

// Without the joints: every pair of nodes is looked at.
std::vector<std::set<Node>> all_edges(const Influence& influence) {
    std::vector<std::set<Node>> result(influence.count());
    for (Node from = 0; from < influence.count(); ++from) {
        for (Node to = 0; to < influence.count(); ++to) {
            if (!influence.edges(from, to).empty()) {
                result[from].insert(to);
            }
        }
    }
    return result;
}

}  // namespace

TEST_CASE("every way without a short cut is listed once, and no other") {
    const unsigned systems = capdl::test::many(60);
    std::mt19937_64 random(Catch::getSeed());
    unsigned compared = 0;
    unsigned with_several = 0;
    for (unsigned round = 0; round < systems; ++round) {
        const auto drawn = capdl::test::draw_accepted(random);
        INFO(drawn->text);
        const Influence influence(drawn->model());
        const std::vector<std::set<Node>> edges = all_edges(influence);
        for (const char* from : {"ta", "tb", "tc"}) {
            for (const char* to : {"ta", "tb", "tc"}) {
                const Node first = nodes_named(drawn->model(), from).front();
                const Node last = nodes_named(drawn->model(), to).front();
                const auto all = first == last ? std::nullopt : AllWays(edges, last).from(first);
                const capdl::Ways listed = first == last ? capdl::Ways() : ways(influence, {first}, {last});
                if (!all || !listed.are_all) {
                    continue;
                }
                std::set<Nodes> found;
                size_t length = 0;
                for (const capdl::InfluencePath& path : listed.paths) {
                    Nodes nodes;
                    for (const capdl::InfluencePath::Step& step : path.steps) {
                        nodes.push_back(step.from);
                    }
                    CHECK(nodes.size() >= length);
                    length = nodes.size();
                    CHECK(path.steps.back().edge.to == last);
                    CHECK(found.insert(nodes).second);
                }
                CHECK(found == *all);
                const Nodes reached = reachable(influence, first);
                CHECK((std::ranges::find(reached, last) != reached.end()) == !found.empty());
                ++compared;
                with_several += all->size() > 1 ? 1 : 0;
            }
        }
    }
    CHECK(compared > systems);
    CHECK(with_several > systems / 4);
}
