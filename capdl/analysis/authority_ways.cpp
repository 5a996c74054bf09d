// SPDX-License-Identifier: BSD-2-Clause
// How capabilities come to those that can come to hold them.
#include "analysis/authority_ways.hpp"

#include <algorithm>
#include <unordered_set>

#include "analysis/authority_uses.hpp"

namespace capdl {

AuthorityWays::AuthorityWays(const AuthorityFlow& flow) : flow_(flow) {
    const Model& model = flow.model_;
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model[id].type == ObjectType::tcb) {
            threads_[flow.group_of(id)].push_back(flow.place(id));
            const Capability* table = model.slot(id, ThreadSlot::cspace);
            if (table != nullptr && table->object != ObjectId::none) {
                users_[flow.place(table->object)].push_back(
                    {flow.place(id), "is the capability table of", model.id_of(table)});
            }
        }
    }
    for (const AuthorityFlow::Table& table : flow.tables_) {
        for (const Capability& capability : model.slots_of(table.id)) {
            flow.each_use(model.id_of(&capability), [&](const AuthorityFlow::Use& use) {
                if (use.kind == AuthorityFlow::Use::Kind::takes) {
                    emptied_by_[use.place].push_back({flow.place(table.id), use.how, model.id_of(&capability)});
                }
            });
        }
    }
}

const AuthorityWays::Links& AuthorityWays::gifts(Place group) {
    const auto [known, is_new] = gifts_.try_emplace(group);
    Links& links = known->second;
    if (!is_new || !flow_.groups_[group].acts) {
        return links;
    }
    std::unordered_set<Place> met;
    flow_.groups_[group].held.each([&](uint32_t number) {
        for (const Capability& capability : flow_.model_.slots_of(flow_.tables_[number].id)) {
            const CapabilityId id = flow_.model_.id_of(&capability);
            flow_.each_use(id, [&](const AuthorityFlow::Use& use) {
                if (use.kind == AuthorityFlow::Use::Kind::gives && met.insert(use.place).second) {
                    links.push_back({use.place, use.how, id});
                }
            });
        }
    });
    return links;
}

const AuthorityWays::Links& AuthorityWays::takers(Place place) {
    const auto [known, is_new] = takers_.try_emplace(place);
    Links& links = known->second;
    const auto emptied_by = emptied_by_.find(place);
    if (!is_new || emptied_by == emptied_by_.end()) {
        return links;
    }
    std::unordered_set<Place> met;
    for (const Link& link : emptied_by->second) {
        const ObjectId table = flow_.owner_[link.to];
        const auto try_group = [&](Place group) {
            const AuthorityFlow::Group& candidate = flow_.groups_[group];
            if (candidate.acts && candidate.accepts && candidate.held.has(flow_.number_of_[index_of(table)]) &&
                met.insert(group).second) {
                links.push_back({group, link.how, link.capability});
            }
        };
        const Place takings = flow_.now(flow_.takings(table));
        try_group(takings);
        for (const Place group : flow_.graph_.from(takings)) {
            try_group(group);
        }
    }
    return links;
}

/// Breadth first. Threads of one group lead to the same places, so one of them goes on for all.
class AuthorityWays::Search {
public:
    Search(AuthorityWays& ways, ObjectId table, ObjectId thread)
        : ways_(ways), flow_(ways.flow_), start_(flow_.place(table)), goal_(flow_.place(thread)) {}

    Way find() {
        arrivals_.emplace(start_, Link{});
        order_.push_back(start_);
        for (size_t at = 0; at < order_.size() && !arrivals_.contains(goal_); ++at) {
            go_on(order_[at]);
        }
        Way way;
        for (Place at = goal_; at != start_ && arrivals_.contains(at); at = arrivals_.at(at).to) {
            const Link& back = arrivals_.at(at);
            way.push_back({flow_.owner_[back.to], flow_.owner_[at], back.how, back.capability});
        }
        std::ranges::reverse(way);
        return way;
    }

private:
    void reach(Place from, Place to, const Link& link) {
        if (arrivals_.emplace(to, Link{from, link.how, link.capability}).second) {
            order_.push_back(to);
        }
    }

    void go_on(Place from) {
        const ObjectId owner = flow_.owner_[from];
        if (owner != ObjectId::none && flow_.model_[owner].type == ObjectType::tcb) {
            if (const Place group = flow_.now(from); gave_.insert(group).second) {
                for (const Link& link : ways_.gifts(group)) {
                    reach(from, link.to, link);
                }
            }
            return;
        }
        if (const auto users = ways_.users_.find(from); users != ways_.users_.end()) {
            for (const Link& link : users->second) {
                reach(from, link.to, link);
            }
        }
        for (const Link& link : ways_.takers(from)) {
            if (flow_.now(goal_) == link.to) {
                reach(from, goal_, link);
            } else if (took_.insert(link.to).second) {
                reach(from, ways_.threads_.at(link.to).front(), link);
            }
        }
    }

    AuthorityWays& ways_;
    const AuthorityFlow& flow_;
    const Place start_;
    const Place goal_;
    std::unordered_map<Place, Link> arrivals_;  ///< how a place was reached, and where from
    std::vector<Place> order_;
    std::unordered_set<Place> gave_;  ///< groups
    std::unordered_set<Place> took_;
};

const AuthorityWays::Way& AuthorityWays::way(CapabilityId capability, ObjectId thread) {
    const auto [known, is_new] = known_.try_emplace({capability, thread});
    if (is_new) {
        known->second = Search(*this, flow_.model_[capability].container, thread).find();
    }
    return known->second;
}

}  // namespace capdl
