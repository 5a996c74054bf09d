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
        const Ways all = ways(*influence_, nodes(from), nodes(to), barred);
        const std::vector<InfluencePath>& found = all.paths;
        if (found.empty()) {
            return;
        }
        Diagnostic& error = diagnostics_.error(policy.span, fmt::format("`{}` can affect `{}`", from.name, to.name));
        error.help(found.size() == 1 ? "there is one way"
                                     : fmt::format("there are {}{} ways, as `why` shows",
                                                   all.are_all ? "" : "more than ", found.size()));
        for (const InfluencePath::Step& step : found.front().steps) {
            const Span span = step.edge.capability == CapabilityId::none ? Span() : model_[step.edge.capability].span;
            error.note(span, describe(*influence_, step));
            for (const std::string& line : provenance(*influence_, step)) {
                error.note({}, "    " + line);
            }
        }
    }

    [[nodiscard]] Nodes nodes(const Policy::Subject& subject) const { return nodes_named(model_, subject.name); }

    [[nodiscard]] Nodes all_nodes(const std::vector<Policy::Subject>& subjects) const {
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
};

}  // namespace

void check_policy_names(const Model& model, Diagnostics& diagnostics) {
    unsigned suggestions = 20;  // a search through all names is dear
    const auto message = [](const Policy::Subject& subject) {
        return fmt::format("there is no component or object `{}`", subject.name);
    };
    for (const Policy& policy : model.policies) {
        for (const std::vector<Policy::Subject>* subjects : {&policy.from, &policy.to, &policy.through}) {
            for (const Policy::Subject& subject : *subjects) {
                if (model.is_lost(subject.name) || !nodes_named(model, subject.name).empty()) {
                    continue;
                }
                NearMiss meant(subject.name);
                if (suggestions == 0) {
                    diagnostics.error(subject.span, message(subject));
                    continue;
                }
                --suggestions;
                for (const Component& component : model.components) {
                    meant.offer(model.text(component.name));
                }
                for (const Name name : model.declared_names()) {
                    meant.offer(model.text(name));
                }
                diagnostics.error(subject.span, message(subject)).suggest(meant.best());
            }
        }
    }
}

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
