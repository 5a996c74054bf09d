// SPDX-License-Identifier: BSD-2-Clause
// From syntax to meaning: references to capabilities: copies, `child_of` and the derivation tree.
#include <algorithm>
#include <fmt/format.h>

#include "model/resolver.hpp"
#include "text/near_miss.hpp"

namespace capdl {

void Resolver::resolve_references() {
    resolve_copies();
    resolve_parents();
    check_parent_cycles();
    report_unused_names();
}

// --- Names of capabilities -----------------------------------------------------------------------------------

Resolver::NamedSlots* Resolver::find_capability_name(const SyntaxName& reference) {
    const auto known = capability_names_.find(reference.name);
    if (known == capability_names_.end()) {
        return nullptr;
    }
    NamedSlots& slots = known->second;
    if (!slots.used && slots.declaration != nullptr) {
        slots.used = true;
        const ObjectId container = single(slots.declaration->slot.name);
        slots.first = {container, slots.declaration->slot.slot.value_or(0)};
        slots.count = container == ObjectId::none ? 0 : 1;
        if (slots.count == 0) {
            model_.lose(reference.name);  // it has been said why
        }
    }
    slots.used = true;
    return &slots;
}

std::optional<Resolver::Run> Resolver::run_of(const SyntaxRange& range, const NamedSlots& slots) {
    const bool to_end = range.kind == SyntaxRange::Kind::all || range.kind == SyntaxRange::Kind::from;
    const Run run{range.first, to_end && slots.count > range.first ? slots.count - 1 : range.last};
    return std::max(run.first, run.last) < slots.count ? std::optional(run) : std::nullopt;
}

uint64_t Resolver::count_of_name(const SyntaxName& reference) {
    const NamedSlots* slots = find_capability_name(reference);
    if (slots == nullptr) {
        return 0;
    }
    if (reference.ranges.count == 0) {
        return slots->is_array || slots->count == 0 ? 0 : 1;
    }
    uint64_t count = 0;
    for (const SyntaxRange& range : Module::part(module_.ranges, reference.ranges)) {
        const std::optional<Run> run = run_of(range, *slots);
        count += run ? run->count() : 0;
    }
    return count;
}

std::optional<SlotPlace> Resolver::slot_of_name(const SyntaxName& reference, uint64_t element) {
    if (element >= count_of_name(reference)) {
        return std::nullopt;
    }
    const NamedSlots& slots = *find_capability_name(reference);
    if (reference.ranges.count == 0) {
        return slots.first;
    }
    for (const SyntaxRange& range : Module::part(module_.ranges, reference.ranges)) {
        const std::optional<Run> run = run_of(range, slots);
        if (run && element < run->count()) {
            const uint64_t index = run->first <= run->last ? run->first + element : run->first - element;
            return SlotPlace{slots.first.container, slots.first.slot + index};
        }
        element -= run ? run->count() : 0;
    }
    return std::nullopt;
}

void Resolver::report_unknown_capability(const SyntaxName& reference) {
    if (model_.is_lost(model_.text(reference.name))) {
        return;
    }
    NearMiss meant(model_.text(reference.name));
    if (suggestions_left_ != 0) {
        --suggestions_left_;
        for (const auto& [name, slots] : capability_names_) {
            meant.offer(model_.text(name));
        }
    }
    diagnostics_.error(reference.span, fmt::format("there is no capability `{}`", model_.text(reference.name)))
        .suggest(meant.best());
}

// Whether a slot is empty for no other mistake's sake.
bool Resolver::is_known_empty(SlotPlace place) const {
    return place.container != ObjectId::none && model_.slot(place.container, place.slot) == nullptr &&
           !incomplete_.contains(index_of(place.container)) && !model_.is_lost(model_.name_of(place.container));
}

// The one slot that a reference means; reports what is wrong.
bool Resolver::locate(const SyntaxSlotReference& reference, SlotPlace& place) {
    if (reference.slot) {
        place = {single(reference.name), *reference.slot};
        return place.container != ObjectId::none;
    }
    const uint64_t count = count_of_name(reference.name);
    if (count == 0) {
        report_unknown_capability(reference.name);
        return false;
    }
    if (count > 1) {
        diagnostics_.error(reference.span, fmt::format("one capability is expected here, this names {}", count));
        return false;
    }
    place = *slot_of_name(reference.name, 0);
    return place.container != ObjectId::none;
}

void Resolver::report_unused_names() {
    for (const SyntaxCapabilityName& name : module_.capability_names) {
        const auto known = capability_names_.find(name.name);
        if (known != capability_names_.end() && !known->second.used && known->second.declaration == &name &&
            model_.find(name.slot.name.name) == nullptr) {
            diagnostics_
                .warning(Warning::unresolved_name, name.slot.name.span,
                         fmt::format("there is no object `{}`", model_.text(name.slot.name.name)))
                .help("nothing uses this name, so it does no harm");
        }
    }
}

// --- Copies ------------------------------------------------------------------------------------------------------

void Resolver::resolve_copies() {
    std::ranges::sort(copies_, {},
                      [](const PendingCopy& copy) { return std::pair(copy.place.container, copy.place.slot); });
    for (size_t index = 0; index < copies_.size(); ++index) {
        resolve_copy(index);
    }
}

// Follows the copies that a copy stands on down to a capability that is none, then fills them all.
void Resolver::resolve_copy(size_t index) {
    using State = PendingCopy::State;
    std::vector<size_t> chain;
    const Capability* source = nullptr;
    for (size_t at = index;;) {
        PendingCopy& copy = copies_[at];
        if (copy.state == State::done) {
            source = model_.slot(copy.place.container, copy.place.slot);
            break;
        }
        if (copy.state == State::entered) {
            diagnostics_.error(copy.span, "this copy is, in the end, a copy of itself");
            break;
        }
        copy.state = State::entered;
        chain.push_back(at);
        const std::optional<SlotPlace> found = slot_of_name(copy.source_name, copy.source_element);
        if (!found) {
            report_unknown_capability(copy.source_name);
            break;
        }
        const SlotPlace from = *found;
        const auto next =
            std::ranges::lower_bound(copies_, std::pair(from.container, from.slot), {},
                                     [](const PendingCopy& c) { return std::pair(c.place.container, c.place.slot); });
        if (next == copies_.end() || !(next->place == from)) {
            source = from.container == ObjectId::none ? nullptr : model_.slot(from.container, from.slot);
            if (source == nullptr && is_known_empty(from)) {
                diagnostics_.error(copy.source_name.span, fmt::format("`{}` names slot {} of `{}`, which is empty",
                                                                      model_.text(copy.source_name.name), from.slot,
                                                                      model_.name_of(from.container)));
            }
            break;
        }
        at = static_cast<size_t>(next - copies_.begin());
    }
    for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
        PendingCopy& copy = copies_[*link];
        copy.state = State::done;
        const Capability* place = model_.slot(copy.place.container, copy.place.slot);
        if (source == nullptr || place == nullptr) {
            continue;
        }
        Capability& filled = model_.capabilities[index_of(model_.id_of(place))];
        const Capability kept = filled;
        filled = *source;
        filled.container = kept.container;
        filled.slot = kept.slot;
        filled.span = kept.span;
        filled.parent = kept.parent;
        filled.rights = filled.rights & copy.mask;
        source = &filled;
    }
}

// --- The derivation tree -----------------------------------------------------------------------------------------

void Resolver::resolve_parents() {
    for (const PendingParent& pending : parents_) {
        SlotPlace parent{};
        if (locate(*pending.parent, parent)) {
            set_parent(pending.child, parent, pending.parent->span);
        }
    }
    std::vector<SlotPlace> places(module_.derivations.size());
    for (size_t index = 0; index < module_.derivations.size(); ++index) {
        const SyntaxDerivation& derivation = module_.derivations[index];
        const bool known = locate(derivation.slot, places[index]);
        if (known && derivation.parent != no_index && places[derivation.parent].container != ObjectId::none) {
            set_parent(places[index], places[derivation.parent], derivation.slot.span);
        }
    }
}

void Resolver::set_parent(SlotPlace child, SlotPlace parent, Span where) {
    const Capability* child_capability = model_.slot(child.container, child.slot);
    const Capability* parent_capability = model_.slot(parent.container, parent.slot);
    if (child_capability == nullptr || parent_capability == nullptr) {
        const SlotPlace empty = child_capability == nullptr ? child : parent;
        if (!is_known_empty(empty)) {
            return;
        }
        diagnostics_.error(where, fmt::format("slot {} of `{}` is empty", empty.slot, model_.name_of(empty.container)))
            .note(model_[empty.container].span, "declared here");
        return;
    }
    Capability& target = model_.capabilities[index_of(model_.id_of(child_capability))];
    const CapabilityId id = model_.id_of(parent_capability);
    if (target.parent != CapabilityId::none && target.parent != id) {
        diagnostics_.error(where, "this capability has another parent already")
            .note(model_[target.parent].span, "which is this one");
        return;
    }
    target.parent = id;
}

void Resolver::check_parent_cycles() {
    enum class State : uint8_t { untouched, entered, done };
    std::vector<State> state(model_.capabilities.size(), State::untouched);
    std::vector<size_t> chain;
    for (size_t start = 0; start < state.size(); ++start) {
        chain.clear();
        size_t at = start;
        while (state[at] == State::untouched) {
            state[at] = State::entered;
            chain.push_back(at);
            if (model_.capabilities[at].parent == CapabilityId::none) {
                break;
            }
            at = index_of(model_.capabilities[at].parent);
            if (state[at] == State::entered) {
                diagnostics_.error(model_.capabilities[at].span, "this capability is, in the end, a child of itself");
            }
        }
        for (const size_t link : chain) {
            state[link] = State::done;
        }
    }
}

}  // namespace capdl
