// SPDX-License-Identifier: BSD-2-Clause
// The words of `capdl` that ask who can affect whom.
#include <fmt/format.h>

#include "analysis/influence.hpp"
#include "text/near_miss.hpp"
#include "tool/session.hpp"

namespace capdl {
namespace {

using Nodes = std::vector<Influence::Node>;

void print_edge(const Influence& influence, AuthorityWays& ways, std::string_view indent, Influence::Node from,
                const Influence::Edge& edge) {
    fmt::print("{}{}\n", indent, describe(influence, from, edge));
    for (const std::string& line : provenance(influence, ways, edge)) {
        fmt::print("        {}\n", line);
    }
}

void print_ways(const Influence& influence, const std::string& from, const std::string& to, const Nodes& from_nodes,
                const Nodes& to_nodes) {
    const Ways all = ways(influence, from_nodes, to_nodes);
    const std::vector<InfluencePath>& found = all.paths;
    AuthorityWays authority(influence.flow());
    if (found.empty()) {
        fmt::print("{} cannot affect {}.\n", from, to);
        return;
    }
    fmt::print("{} can affect {}, in {}{} way{}:\n", from, to, all.are_all ? "" : "more than ", found.size(),
               found.size() == 1 ? "" : "s");
    for (size_t number = 0; number < found.size(); ++number) {
        fmt::print("  {}.\n", number + 1);
        for (const InfluencePath::Step& step : found[number].steps) {
            print_edge(influence, authority, "    ", step.from, step.edge);
            for (const Influence::Edge& other : step.others) {
                print_edge(influence, authority, "      or ", step.from, other);
            }
            if (step.unlisted != 0) {
                fmt::print("      or by {} more capabilities\n", step.unlisted);
            }
        }
    }
}

bool is_known(Session& session, const std::string& name) {
    const Model& model = session.model();
    if (!nodes_named(model, name).empty()) {
        return true;
    }
    NearMiss meant(name);
    for (const Component& component : model.components) {
        meant.offer(model.text(component.name));
    }
    for (const Name declared : model.declared_names()) {
        meant.offer(model.text(declared));
    }
    session.compilation()
        .diagnostics()
        .error({}, fmt::format("there is no component or object `{}`", name))
        .suggest(meant.best());
    return false;
}

}  // namespace

int why(const Options& options) {
    Session session(options);
    bool accepted = session.run();
    if (accepted) {
        const bool from_known = is_known(session, options.from);
        accepted = is_known(session, options.to) && from_known;
    }
    if (!accepted) {
        session.report();
        return refused;
    }
    const Influence influence(session.model());
    if (std::optional<std::string> refusal = influence.refusal()) {
        return session.refuse(std::move(*refusal));
    }
    session.report();
    const Nodes from = nodes_named(session.model(), options.from);
    const Nodes to = nodes_named(session.model(), options.to);
    print_ways(influence, options.from, options.to, from, to);
    print_ways(influence, options.to, options.from, to, from);
    return done;
}

int policy(const Options& options) {
    Session session(options);
    const bool accepted = session.run();
    session.report();
    const size_t rules = session.model().policies.size();
    if (accepted) {
        fmt::print("{}\n", rules == 0   ? "the spec states no policies"
                           : rules == 1 ? "the rule holds"
                                        : fmt::format("all {} rules hold", rules));
    }
    return accepted ? done : refused;
}

}  // namespace capdl
