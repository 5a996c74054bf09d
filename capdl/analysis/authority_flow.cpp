// SPDX-License-Identifier: BSD-2-Clause
// Who can come to hold which capability, whatever the programs do.
#include "analysis/authority_flow.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace capdl {

void CapabilitySet::add(uint32_t bit) {
    if (words_.size() <= bit / 64) {
        words_.resize(bit / 64 + 1);
    }
    words_[bit / 64] |= uint64_t{1} << bit % 64;
}

bool CapabilitySet::merge(const CapabilitySet& other, CapabilitySet& news) {
    if (words_.size() < other.words_.size()) {
        words_.resize(other.words_.size());
    }
    bool any = false;
    for (size_t word = 0; word < other.words_.size(); ++word) {
        const uint64_t added = other.words_[word] & ~words_[word];
        if (added != 0) {
            if (news.words_.size() <= word) {
                news.words_.resize(word + 1);
            }
            words_[word] |= added;
            news.words_[word] |= added;
            any = true;
        }
    }
    return any;
}

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

AuthorityFlow::AuthorityFlow(const Model& model, const std::vector<ObjectId>& trusted)
    : model_(model),
      bit_of_(model.capabilities.size(), no_index),
      held_(2 * model.objects.size() + 1),
      news_(held_.size()),
      steps_(held_.size()),
      refused_(model.objects.size()),
      accepts_(model.objects.size(), false),
      trusted_(model.objects.size(), false) {
    for (const ObjectId thread : trusted) {
        trusted_[index_of(thread)] = true;
    }
    start();
    run();
}

void AuthorityFlow::start() {
    for (const Capability& capability : model_.capabilities) {
        if (model_[capability.container].type == ObjectType::cnode) {
            const CapabilityId id = model_.id_of(&capability);
            bit_of_[index_of(id)] = static_cast<uint32_t>(tracked_.size());
            tracked_.push_back(id);
            CapabilitySet one;
            one.add(bit_of_[index_of(id)]);
            merge(place(capability.container), one);
        }
    }
    for (uint32_t index = 0; index < model_.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const Capability* table = model_[id].type == ObjectType::tcb ? model_.slot(id, ThreadSlot::cspace) : nullptr;
        if (table != nullptr && table->object != ObjectId::none) {
            step(place(table->object), place(id), "is the capability table of", model_.id_of(table));
        }
    }
}

void AuthorityFlow::run() {
    while (!queue_.empty()) {
        const uint32_t from = queue_.back();
        queue_.pop_back();
        const CapabilitySet news = std::exchange(news_[from], {});
        for (size_t index = 0; index < steps_[from].size(); ++index) {
            merge(all_steps_[steps_[from][index]].to, news);
        }
        const auto id = static_cast<ObjectId>(from / 2);
        if (from != remaining() && model_[id].type == ObjectType::tcb && !trusted_[index_of(id)]) {
            news.each([&](uint32_t bit) { gain(id, tracked_[bit]); });
        }
    }
}

void AuthorityFlow::gain(ObjectId thread, CapabilityId id) {
    const Capability& capability = model_[id];
    const uint32_t own = place(thread);
    if (capability.object == ObjectId::none) {
        if (capability.authority == Authority::remaining_untyped) {
            step(own, remaining(), "can make new objects, known to whoever shares that memory, from", id);
            step_if_accepted(thread, remaining(), "gives new objects to", id);
        }
        return;
    }
    const uint32_t other = place(capability.object);
    switch (model_[capability.object].type) {
    case ObjectType::cnode:
        step(other, own, "is a table that can be emptied by", id);
        step(own, other, "can put capabilities into", id);
        accept(thread);
        break;
    case ObjectType::ep: gain_endpoint(thread, id); break;
    case ObjectType::tcb: step(own, other, "can give a table to", id); break;
    case ObjectType::ut:
        step(own, other, "can make new objects, known to whoever shares that memory, from", id);
        step_if_accepted(thread, other, "gives new objects to", id);
        break;
    default: break;
    }
}

void AuthorityFlow::gain_endpoint(ObjectId thread, CapabilityId id) {
    const ObjectId endpoint = model_[id].object;
    const Rights rights = effective_rights(model_, model_[id]);
    if (rights.has(Rights::write | Rights::transfer)) {
        step(place(thread), place(endpoint), "can send capabilities through", id);
    }
    if (rights.has(Rights::read)) {
        step_if_accepted(thread, place(endpoint), "delivers capabilities to", id);
        step(place(thread), answers(endpoint), "can answer with capabilities to callers of", id);
    }
    if (rights.has(Rights::write | Rights::reply)) {
        step_if_accepted(thread, answers(endpoint), "delivers capabilities in answers to", id);
    }
}

void AuthorityFlow::step(uint32_t from, uint32_t to, std::string_view how, CapabilityId capability) {
    for (const uint32_t known : steps_[from]) {
        if (all_steps_[known].to == to) {
            return;
        }
    }
    steps_[from].push_back(static_cast<uint32_t>(all_steps_.size()));
    all_steps_.push_back({from, to, how, capability});
    merge(to, CapabilitySet(held_[from]));
}

void AuthorityFlow::step_if_accepted(ObjectId thread, uint32_t from, std::string_view how, CapabilityId capability) {
    if (accepts(thread)) {
        step(from, place(thread), how, capability);
    } else {
        refused_[index_of(thread)].push_back({from, place(thread), how, capability});
    }
}

void AuthorityFlow::accept(ObjectId thread) {
    if (accepts(thread)) {
        return;
    }
    accepts_[index_of(thread)] = true;
    for (const Step& waiting : std::exchange(refused_[index_of(thread)], {})) {
        step(waiting.from, waiting.to, waiting.how, waiting.capability);
    }
}

void AuthorityFlow::merge(uint32_t to, const CapabilitySet& what) {
    CapabilitySet& news = news_[to];
    if (held_[to].merge(what, news)) {
        queue_.push_back(to);
    }
}

bool AuthorityFlow::can_hold(ObjectId thread, CapabilityId capability) const {
    const uint32_t bit = bit_of_[index_of(capability)];
    return bit != no_index && held_[place(thread)].has(bit);
}

std::vector<AuthorityFlow::Step> AuthorityFlow::way(CapabilityId capability, ObjectId thread) const {
    const uint32_t goal = place(thread);
    std::vector<uint32_t> reached_by(held_.size(), no_index);
    std::vector<uint32_t> places{place(model_[capability].container)};
    std::vector<bool> seen(held_.size(), false);
    seen[places.front()] = true;
    for (size_t at = 0; at < places.size() && !seen[goal]; ++at) {
        for (const uint32_t next : steps_[places[at]]) {
            if (!seen[all_steps_[next].to]) {
                seen[all_steps_[next].to] = true;
                reached_by[all_steps_[next].to] = next;
                places.push_back(all_steps_[next].to);
            }
        }
    }
    std::vector<Step> steps;
    for (uint32_t at = goal; seen[goal] && reached_by[at] != no_index; at = all_steps_[reached_by[at]].from) {
        steps.push_back(all_steps_[reached_by[at]]);
    }
    std::ranges::reverse(steps);
    return steps;
}

std::string AuthorityFlow::name(uint32_t place) const {
    return place == remaining() ? "remaining_untyped" : model_.name_of(static_cast<ObjectId>(place / 2));
}

}  // namespace capdl
