// SPDX-License-Identifier: BSD-2-Clause
// Drawing capabilities and slots.
#include "choice.hpp"

#include <algorithm>

namespace selene::model {

namespace {

const Object* table_of(const System& system, Object* thread) {
    const Capability* task = system.in({thread, 0});
    const Capability* root = task != nullptr ? system.in({task->object, 0}) : nullptr;
    return root != nullptr ? root->object : nullptr;
}

}  // namespace

Choice::Choice(std::mt19937_64& random, LockStep& both, unsigned actor)
    : random_(random),
      system_(both.model()),
      playground_(both.playground()),
      actor_(actor),
      own_table_(table_of(system_, both.actors().threads[0])),
      named_(reach(system_, *both.actors().threads[actor], playground_)) {}

bool Choice::hidden(uint64_t slot) const {
    return std::ranges::find(playground_.hidden, slot) != playground_.hidden.end();
}

bool Choice::has(ObjectType type) const {
    return std::ranges::any_of(named_, [&](const Named& named) {
        return named.capability->object->type == type && (type != ObjectType::untyped || in_play(named));
    });
}

uint64_t Choice::any_index() {
    if (!named_.empty() && !one_in(3)) return one_of(named_).index;
    return actor_ == 0 ? playground_.first + below(playground_.slots - playground_.first + 2) : random_();
}

uint64_t Choice::holding(ObjectType type, const Fits& fits) {
    std::vector<Named> best;
    unsigned best_rank = 0;
    const bool any = one_in(8);
    for (const Named& named : named_) {
        if (named.capability->object->type != type) continue;
        const unsigned rank = any ? 1 : 1 + (in_play(named) ? 1 : 0) + (fits(*named.capability) ? 2 : 0);
        if (rank > best_rank) best.clear();
        best_rank = std::max(rank, best_rank);
        if (rank == best_rank) best.push_back(named);
    }
    return best.empty() || one_in(40) ? any_index() : one_of(best).index;
}

uint64_t Choice::table() {
    if (actor_ == 0 && one_in(2)) return 1;
    return holding(ObjectType::cap_table, [](const Capability&) { return true; });
}

uint64_t Choice::table_with(ObjectType type) {
    std::vector<uint64_t> found;
    for (const Named& named : named_) {
        const Object& table = *named.capability->object;
        if (table.type != ObjectType::cap_table) continue;
        for (uint64_t i = 0; i < table.slots; ++i) {
            const Capability* held = system_.in({named.capability->object, i});
            if (held == nullptr || held->object->type != type) continue;
            if (&table == own_table_ && i < playground_.first && !one_in(10)) continue;
            found.push_back(named.index);
            break;
        }
    }
    return found.empty() || one_in(20) ? table() : one_of(found);
}

Capability* Choice::at(uint64_t index) const {
    const auto found = std::ranges::find(named_, index, &Named::index);
    return found == named_.end() ? nullptr : found->capability;
}

Capability* Choice::in(uint64_t table, uint64_t slot) const {
    const Capability* capability = at(table);
    const bool is_table = capability != nullptr && capability->object->type == ObjectType::cap_table;
    return is_table ? system_.in({capability->object, slot}) : nullptr;
}

uint64_t Choice::slot_of(uint64_t table, Wanted wanted, const Fits& fits) {
    const Capability* capability = at(table);
    if (capability == nullptr || capability->object->type != ObjectType::cap_table) return below(4);
    Object* object = capability->object;
    const bool own = object == own_table_;
    std::vector<uint64_t> slots;
    std::vector<uint64_t> fitting;
    for (uint64_t i = own && wanted != Wanted::occupied ? playground_.first : 0; i < object->slots; ++i) {
        const Capability* held = system_.in({object, i});
        if ((held == nullptr) != (wanted == Wanted::free) || (own && hidden(i))) continue;
        // What the actors were booted with is of interest now and then.
        if (own && i < playground_.first && (held == nullptr || !one_in(12))) continue;
        slots.push_back(i);
        if (held == nullptr || fits(*held)) fitting.push_back(i);
    }
    if (!fitting.empty() && !one_in(20)) return one_of(fitting);
    if (!slots.empty() && !one_in(10)) return one_of(slots);
    return own ? playground_.first + below(object->slots - playground_.first + 2) : below(object->slots + 1);
}

}  // namespace selene::model
