// SPDX-License-Identifier: BSD-2-Clause
// Holds a system to the rules that its spec states.
#include "analysis/policy.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "analysis/influence.hpp"
#include "text/near_miss.hpp"

namespace capdl {
namespace {

using Nodes = std::vector<Influence::Node>;

/// Rules against one system.
class PolicyCheck {
public:
    PolicyCheck(const Model& model, Diagnostics& diagnostics) : model_(model), diagnostics_(diagnostics) {}

    void check(const Policy& policy) {
        const Nodes barred = all_nodes(policy.through);
        if (!influence_ || barred != trusted_) {
            std::vector<ObjectId> threads;
            for (const Influence::Node node : barred) {
                threads.push_back(static_cast<ObjectId>(node));
            }
            influence_.emplace(model_, threads);
            trusted_ = barred;
        }
        if (policy.kind == SyntaxPolicy::Kind::no_flow) {
            for (const Policy::Subject& from : policy.from) {
                for (const Policy::Subject& to : policy.to) {
                    check_flow(policy, from, to, barred);
                }
            }
            return;
        }
        for (const Policy::Subject& from : policy.from) {
            for (const Policy::Subject& to : policy.from) {
                if (&from != &to) {
                    check_flow(policy, from, to, barred);
                }
            }
        }
    }

private:
    void check_flow(const Policy& policy, const Policy::Subject& from, const Policy::Subject& to, const Nodes& barred) {
        const std::vector<InfluencePath> found = ways(*influence_, nodes(from), nodes(to), barred);
        if (found.empty()) {
            return;
        }
        Diagnostic& error = diagnostics_.error(policy.span, fmt::format("`{}` can affect `{}`", from.name, to.name));
        error.help(found.size() == 1 ? "there is one way"
                                     : fmt::format("there are {} ways; `why` shows them all", found.size()));
        for (const InfluencePath::Step& step : found.front().steps) {
            const Span span = step.edge.capability == CapabilityId::none ? Span() : model_[step.edge.capability].span;
            error.note(span, describe(*influence_, step));
            for (const std::string& line : provenance(*influence_, step)) {
                error.note({}, "    " + line);
            }
        }
    }

    Nodes nodes(const Policy::Subject& subject) {
        Nodes result = nodes_named(model_, subject.name);
        if (result.empty() && std::ranges::find(reported_, subject.span.begin) == reported_.end()) {
            reported_.push_back(subject.span.begin);
            NearMiss meant(subject.name);
            for (const Component& component : model_.components) {
                meant.offer(model_.text(component.name));
            }
            for (const Name name : model_.declared_names()) {
                meant.offer(model_.text(name));
            }
            diagnostics_.error(subject.span, fmt::format("there is no component or object `{}`", subject.name))
                .suggest(meant.best());
        }
        return result;
    }

    Nodes all_nodes(const std::vector<Policy::Subject>& subjects) {
        Nodes result;
        for (const Policy::Subject& subject : subjects) {
            const Nodes some = nodes(subject);
            result.insert(result.end(), some.begin(), some.end());
        }
        return result;
    }

    const Model& model_;
    std::optional<Influence> influence_;  ///< with those trusted that the last rule trusts
    Nodes trusted_;
    Diagnostics& diagnostics_;
    std::vector<uint32_t> reported_;  ///< places of names that nobody has
};

}  // namespace

void check_policies(const Model& model, Diagnostics& diagnostics) {
    if (model.policies.empty()) {
        return;
    }
    PolicyCheck check(model, diagnostics);
    for (const Policy& policy : model.policies) {
        check.check(policy);
    }
}

}  // namespace capdl
