// SPDX-License-Identifier: BSD-2-Clause
// Holds a system to the rules that its spec states.
#include "analysis/policy.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <optional>
#include <span>

#include "analysis/influence.hpp"
#include "analysis/reach.hpp"
#include "text/near_miss.hpp"

namespace capdl {
namespace {

using Nodes = std::vector<Influence::Node>;

/// Rules against one system. Who reaches whom is found for many at once, ways only for what breaks a rule.
class PolicyCheck {
public:
    static constexpr uint64_t step_limit = AuthorityFlow::step_limit;
    static constexpr unsigned most_listed = 20;  // a search for all ways is dear

    PolicyCheck(const Model& model, Diagnostics& diagnostics) : model_(model), diagnostics_(diagnostics) {}

    void check(const Policy& policy) {
        const Nodes barred = all_nodes(policy.through);
        if (work_ <= step_limit && (!system_ || barred != system_->trusted)) {
            system_.reset();
            system_.emplace(model_, barred);
            work_ += system_->influence.work() + 4 * system_->reach.work();
        }
        const bool both_ways = policy.kind != SyntaxPolicy::Kind::no_flow;
        const std::vector<Policy::Subject>& to = both_ways ? policy.from : policy.to;
        std::vector<Nodes> from;
        for (const Policy::Subject& subject : policy.from) {
            from.push_back(nodes(subject));
        }
        for (size_t begin = 0; begin < to.size(); begin += Reach::ends_at_a_time) {
            if (refuse(policy)) {
                return;
            }
            const auto some = std::span(to).subspan(begin, std::min(to.size() - begin, Reach::ends_at_a_time));
            Reach::Ends ends;
            for (const Policy::Subject& subject : some) {
                ends.push_back(nodes(subject));
            }
            system_->reach.aim(ends);
            work_ += system_->reach.work();
            for (size_t index = 0; index < from.size(); ++index) {
                uint64_t reached = reached_from(from[index]);
                if (both_ways && index >= begin && index < begin + some.size()) {
                    reached &= ~(uint64_t{1} << (index - begin));
                }
                for (; reached != 0 && !refuse(policy); reached &= reached - 1) {
                    const auto bit = static_cast<size_t>(std::countr_zero(reached));
                    check_flow(policy, {policy.from[index], from[index]}, {some[bit], ends[bit]});
                }
            }
        }
    }

    /// Says how much was not listed.
    void finish(const Policy& last) {
        if (listed_ > most_listed) {
            diagnostics_.error(last.span, fmt::format("{} more flows break the rules", listed_ - most_listed));
        }
    }

private:
    struct End {
        const Policy::Subject& subject;
        const Nodes& nodes;
    };
    /// With some of its threads trusted.
    struct System {
        System(const Model& model, const Nodes& barred)
            : trusted(barred), influence(model, objects(barred)), reach(influence, barred), ways(influence.flow()) {}

        static std::vector<ObjectId> objects(const Nodes& nodes) {
            std::vector<ObjectId> result;
            for (const Influence::Node node : nodes) {
                result.push_back(static_cast<ObjectId>(node));
            }
            return result;
        }

        const Nodes trusted;
        const Influence influence;
        Reach reach;
        AuthorityWays ways;
    };

    /// Whether it takes too long to judge this rule and those behind it.
    bool refuse(const Policy& policy) {
        if (work_ > step_limit && !gave_up_) {
            gave_up_ = true;
            diagnostics_.error(policy.span, "whether this rule and those behind it hold cannot be found out")
                .help(fmt::format("the rules up to here take more than {} steps", step_limit));
        }
        return gave_up_;
    }

    [[nodiscard]] uint64_t reached_from(const Nodes& nodes) const {
        uint64_t reached = 0;
        for (const Influence::Node node : nodes) {
            reached |= system_->reach.from(node);
        }
        return reached;
    }

    // What one reaches, it affects, unless that is a part of itself: then there must be a way to another part.
    void check_flow(const Policy& policy, const End& from, const End& to) {
        const bool overlap = std::ranges::any_of(
            to.nodes, [&](Influence::Node node) { return std::ranges::find(from.nodes, node) != from.nodes.end(); });
        if (listed_ >= most_listed && !overlap) {
            ++listed_;
            return;
        }
        const Influence& influence = system_->influence;
        const Ways all = ways(influence, from.nodes, to.nodes, system_->trusted);
        const std::vector<InfluencePath>& found = all.paths;
        work_ += influence.joined().steps();
        if (found.empty() || listed_++ >= most_listed) {
            return;
        }
        Diagnostic& error =
            diagnostics_.error(policy.span, fmt::format("`{}` can affect `{}`", from.subject.name, to.subject.name));
        error.help(found.size() == 1 ? "there is one way"
                                     : fmt::format("there are {}{} ways, as `why` shows",
                                                   all.are_all ? "" : "more than ", found.size()));
        for (const InfluencePath::Step& step : found.front().steps) {
            const Span span = step.edge.capability == CapabilityId::none ? Span() : model_[step.edge.capability].span;
            error.note(span, describe(influence, step.from, step.edge));
            for (const std::string& line : provenance(influence, system_->ways, step.edge)) {
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
    std::optional<System> system_;  ///< with those trusted that the last rule trusts
    uint64_t work_ = 0;
    size_t listed_ = 0;     ///< flows that break rules, whether or not they were
    bool gave_up_ = false;  ///< whether it took too long
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
    check.finish(model.policies.back());
}

}  // namespace capdl
