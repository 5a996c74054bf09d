// SPDX-License-Identifier: BSD-2-Clause
// Who can come to hold which capability, whatever the programs do: the search.
#include "analysis/authority_flow.hpp"

#include <algorithm>
#include <utility>

#include "analysis/authority_uses.hpp"

namespace capdl {

Rights effective_rights(const Model& model, const Capability& capability) {
    if (capability.object == ObjectId::none) {
        return Rights(Rights::read | Rights::write);
    }
    Rights rights = capability.rights;
    switch (model[capability.object].type) {
    case ObjectType::ep: return rights.has(Rights::transfer) ? rights | Rights(Rights::reply) : rights;
    case ObjectType::notification: return rights;
    case ObjectType::frame:
        if (capability.executable == Executable::executable) {
            return rights | Rights(Rights::transfer);
        }
        return capability.executable == Executable::execute_never
                   ? rights & Rights(Rights::read | Rights::write | Rights::inspect)
                   : rights;
    default: return Rights(Rights::read | Rights::write) | (rights & Rights(Rights::inspect));
    }
}

AuthorityFlow::AuthorityFlow(const Model& model, const std::vector<ObjectId>& trusted, uint64_t limit)
    : model_(model), limit_(limit), number_of_(model.objects.size(), no_index) {
    number_places(trusted);
    start();
    run();
    condense();
    graph_ = graph_of_steps();
}

void AuthorityFlow::number_places(const std::vector<ObjectId>& trusted) {
    owner_.push_back(ObjectId::none);
    first_place_.assign(model_.objects.size(), no_index);
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const ObjectType type = model_[id].type;
        const unsigned count = type == ObjectType::cnode                           ? 3
                               : type == ObjectType::ep                            ? 2
                               : type == ObjectType::tcb || type == ObjectType::ut ? 1
                                                                                   : 0;
        if (count != 0) {
            first_place_[index] = static_cast<Place>(owner_.size());
            owner_.insert(owner_.end(), count, id);
        }
    }
    given_with_.assign(owner_.size(), no_index);
    threads_at_.resize(owner_.size());
    taken_with_.resize(owner_.size());
    now_.resize(owner_.size());
    groups_.resize(owner_.size());
    for (Place each = 0; each < now_.size(); ++each) {
        now_[each] = each;
        groups_[each].acts = each != remaining && model_[owner_[each]].type == ObjectType::tcb;
    }
    for (const ObjectId thread : trusted) {
        if (model_[thread].type == ObjectType::tcb) {
            groups_[place(thread)].acts = false;
        }
    }
    for (Place each = 0; each < now_.size(); ++each) {
        if (groups_[each].acts) {
            threads_at_[each].push_back(each);
        }
    }
}

void AuthorityFlow::start() {
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model_[id].type == ObjectType::cnode && !model_.slots_of(id).empty()) {
            start_table(id);
        }
        if (model_[id].type == ObjectType::tcb && groups_[place(id)].acts) {
            const Capability* table = model_.slot(id, ThreadSlot::cspace);
            if (table != nullptr && table->object != ObjectId::none) {
                step(place(table->object), place(id));
                threads_at_[place(table->object)].push_back(place(id));
            }
        }
    }
}

void AuthorityFlow::start_table(ObjectId id) {
    Table table{.id = id};
    for (const Capability& capability : model_.slots_of(id)) {
        ++work_;
        const bool is_authority = capability.object == ObjectId::none;
        const ObjectType type = is_authority ? ObjectType::cnode : model_[capability.object].type;
        table.opens = table.opens || (!is_authority && type == ObjectType::cnode);
        table.makes = table.makes || type == ObjectType::tcb || type == ObjectType::ut ||
                      capability.authority == Authority::remaining_untyped;
        each_use(model_.id_of(&capability), [&](const Use& use) {
            const bool leads_to_trusted =
                use.place != remaining && !groups_[use.place].acts && model_[owner_[use.place]].type == ObjectType::tcb;
            if (!leads_to_trusted) {
                (use.kind == Use::Kind::gives ? table.given : table.taken).push_back(use.place);
            }
        });
    }
    for (std::vector<Place>* places : {&table.given, &table.taken}) {
        std::ranges::sort(*places);
        const auto same = std::ranges::unique(*places);
        places->erase(same.begin(), same.end());
    }
    NumberSet itself;
    itself.add(static_cast<uint32_t>(tables_.size()));
    number_of_[index_of(id)] = static_cast<uint32_t>(tables_.size());
    tables_.push_back(std::move(table));
    merge(place(id), itself);
}

void AuthorityFlow::run() {
    while (!queue_.empty() && is_whole()) {
        if (new_steps_ != 0 && work_ - condensed_at_ > condensing()) {
            condense();
            continue;
        }
        const Place from = queue_.front();
        queue_.pop_front();
        if (now(from) == from) {
            groups_[from].is_due = false;
            pass_on(from);
        }
    }
}

void AuthorityFlow::pass_on(Place from) {
    Group& group = groups_[from];
    const NumberSet news = std::exchange(group.news, {});
    const std::vector<Place> fresh = std::exchange(group.fresh, {});
    const size_t known = group.steps.size();
    group.steps.insert(group.steps.end(), fresh.begin(), fresh.end());
    for (size_t index = 0; index < group.steps.size() && is_whole(); ++index) {
        ++work_;
        if (const Place to = now(group.steps[index]); to != from) {
            merge(to, index < known ? news : group.held);
        }
    }
}

void AuthorityFlow::merge(Place to, const NumberSet& what) {
    constexpr uint64_t to_keep_a_word = 32;  // what that costs, for it takes memory
    Group& group = groups_[to];
    const size_t words = group.held.words();
    const NumberSet news = group.held.merge(what);
    const size_t added = group.held.words() - words;
    work_ += 1 + what.words() + to_keep_a_word * added + (added == 0 ? 0 : words / 4);
    if (news.empty()) {
        return;
    }
    group.news.merge(news);
    due(to);
    if (group.acts) {
        news.each([&](uint32_t table) { learn(to, table); });
    }
}

void AuthorityFlow::learn(Place holder, uint32_t number) {
    Table& table = tables_[number];
    Group& group = groups_[holder];
    ++work_;
    group.makes = group.makes || table.makes;
    if (table.opens) {
        accept(holder);
    }
    if (!table.given.empty()) {
        give_with(table, holder);
    }
    if (!table.taken.empty() && group.accepts) {
        take_with(table, holder);
    } else if (!table.taken.empty()) {
        group.refused.push_back(number);
    }
}

void AuthorityFlow::accept(Place holder) {
    Group& group = groups_[holder];
    if (!group.accepts) {
        group.accepts = true;
        for (const uint32_t table : std::exchange(group.refused, {})) {
            take_with(tables_[table], holder);
        }
    }
}

// Who gets what was put somewhere gets this table, and can put all into what it gives to.
void AuthorityFlow::give_with(Table& table, Place holder) {
    if (table.holder != no_index) {
        if (now(table.holder) != holder) {
            step(holder, gifts_of(table));
        }
        return;
    }
    table.holder = holder;
    for (const Place filled : table.given) {
        step(holder, filled);
        if (given_with_[filled] == no_index) {
            given_with_[filled] = gifts_of(table);
            for (const Place thread : threads_at_[filled]) {
                step(thread, gifts(table.id));
            }
            for (const uint32_t taken_with : taken_with_[filled]) {
                put_with(tables_[taken_with], gifts(table.id));
            }
        }
    }
}

AuthorityFlow::Place AuthorityFlow::gifts_of(Table& table) {
    if (!std::exchange(table.has_gifts, true)) {
        for (const Place filled : table.given) {
            step(gifts(table.id), filled);
        }
        step(table.holder, gifts(table.id));
    }
    return gifts(table.id);
}

void AuthorityFlow::take_with(Table& table, Place holder) {
    step(takings(table.id), holder);
    table.takers.push_back(holder);
    if (table.put_with != no_index) {
        step(holder, table.put_with);
    }
    if (table.takers.size() == 1) {
        for (const Place emptied : table.taken) {
            step(emptied, takings(table.id));
            taken_with_[emptied].push_back(number_of_[index_of(table.id)]);
            if (given_with_[emptied] != no_index) {
                put_with(table, given_with_[emptied]);
            }
        }
    }
}

// Who takes what was put there gets the table with which it was done, and can put all that there is to the same place.
void AuthorityFlow::put_with(Table& table, Place gifts) {
    step(takings(table.id), gifts);
    if (table.put_with == no_index) {
        table.put_with = gifts;
        for (const Place holder : table.takers) {
            step(holder, gifts);
        }
    }
}

void AuthorityFlow::step(Place from, Place to) {
    constexpr uint64_t to_keep_a_step = 16;
    from = now(from);
    to = now(to);
    if (from != to) {
        work_ += to_keep_a_step;
        groups_[from].fresh.push_back(to);
        ++new_steps_;
        ++step_count_;
        due(from);
    }
}

void AuthorityFlow::due(Place place) {
    if (!std::exchange(groups_[place].is_due, true)) {
        queue_.push_back(place);
    }
}

StepGraph AuthorityFlow::graph_of_steps() const {
    std::vector<StepGraph::Step> steps;
    steps.reserve(step_count_);
    for (Place from = 0; from < now_.size(); ++from) {
        for (const std::vector<Place>* places : {&groups_[from].steps, &groups_[from].fresh}) {
            for (const Place to : *places) {
                steps.push_back({from, now(to)});
            }
        }
    }
    return StepGraph(static_cast<uint32_t>(now_.size()), steps);
}

// Puts each cycle into one of its places.
void AuthorityFlow::condense() {
    const Cycles cycles = find_cycles(graph_of_steps());
    work_ += condensing();
    std::vector<std::vector<Place>> joined;
    std::vector<Place> goes_on_as(now_.size());
    for (size_t begin = 0, end = 0; begin < now_.size(); begin = end) {
        while (end < now_.size() && cycles.cycle_of[cycles.order[end]] == cycles.cycle_of[cycles.order[begin]]) {
            goes_on_as[cycles.order[end++]] = cycles.order[begin];
        }
        if (end - begin > 1) {
            joined.emplace_back(cycles.order.begin() + static_cast<std::ptrdiff_t>(begin),
                                cycles.order.begin() + static_cast<std::ptrdiff_t>(end));
        }
    }
    for (Place& each : now_) {
        each = goes_on_as[each];
    }
    step_count_ = 0;
    for (Place from = 0; from < now_.size(); ++from) {
        for (std::vector<Place>* places : {&groups_[from].steps, &groups_[from].fresh}) {
            std::ranges::transform(*places, places->begin(), [&](Place to) { return now(to); });
            std::ranges::sort(*places);
            const auto same = std::ranges::unique(*places);
            places->erase(same.begin(), same.end());
            std::erase(*places, now(from));
            step_count_ += places->size();
        }
    }
    condensed_at_ = work_;
    new_steps_ = 0;
    for (const std::vector<Place>& members : joined) {
        join(members);
    }
}

// What the largest has passed on need not go that way again; what has gone along the others' steps is forgotten.
void AuthorityFlow::join(const std::vector<Place>& members) {
    const Place first = members.front();
    std::vector<const NumberSet*> held;
    std::vector<const NumberSet*> learnt;
    Group all;
    Place largest = first;
    for (const Place member : members) {
        const Group& group = groups_[member];
        work_ += 1 + group.held.words();
        held.push_back(&group.held);
        if (group.acts) {
            learnt.push_back(&group.held);
        }
        largest = group.held.words() > groups_[largest].held.words() ? member : largest;
        all.acts = all.acts || group.acts;
        all.accepts = all.accepts || group.accepts;
        all.makes = all.makes || group.makes;
        all.refused.insert(all.refused.end(), group.refused.begin(), group.refused.end());
    }
    all.held = NumberSet::united(held);
    all.news = all.held.without(groups_[largest].held);
    all.news.merge(groups_[largest].news);
    all.steps = std::exchange(groups_[largest].steps, {});
    const NumberSet to_learn = all.acts ? all.held.without(NumberSet::united(learnt)) : NumberSet();
    for (const Place member : members) {
        Group& group = groups_[member];
        all.fresh.insert(all.fresh.end(), group.fresh.begin(), group.fresh.end());
        all.fresh.insert(all.fresh.end(), group.steps.begin(), group.steps.end());
        group = Group();
    }
    groups_[first] = std::move(all);
    due(first);
    if (groups_[first].accepts) {
        groups_[first].accepts = false;
        accept(first);
    }
    to_learn.each([&](uint32_t table) { learn(first, table); });
}

bool AuthorityFlow::can_hold(ObjectId thread, CapabilityId capability) const {
    const uint32_t table = number_of_[index_of(model_[capability].container)];
    return table != no_index && group(thread).held.has(table);
}

}  // namespace capdl
