// SPDX-License-Identifier: BSD-2-Clause
// The abstract model's operations: refuse, or do.
#include "model.hpp"

#include <algorithm>

namespace selene::model {

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t bit(Right right) { return static_cast<uint64_t>(right); }
constexpr uint64_t read = bit(Right::read);
constexpr uint64_t write = bit(Right::write);
constexpr uint64_t plain = read | write | bit(Right::inspect);
constexpr uint64_t number(ObjectType type) { return static_cast<uint64_t>(type); }
constexpr uint64_t number(ErrorCode code) { return static_cast<uint64_t>(code); }

/// How large an object is, how aligned, what slots it holds, what rights its origin has; nothing if there is no such
/// object.
struct Kind {
    uint64_t bytes;
    uint64_t alignment;
    uint64_t slots;
    uint64_t rights;
};

std::optional<Kind> kind_of(ObjectType type, uint64_t size) {
    constexpr uint64_t line = 64;
    const auto fixed = [&](uint64_t bytes, uint64_t alignment, uint64_t slots = 0, uint64_t rights = plain) {
        return size == 0 ? std::optional<Kind>({bytes, alignment, slots, rights}) : std::nullopt;
    };
    switch (type) {
    case ObjectType::untyped:
        if (size < 1 || size > 1 << 26) return std::nullopt;
        return Kind{size * page, page, 0, plain};
    case ObjectType::cap_table:
        if (size < 1 || size > 1 << 24) return std::nullopt;
        return Kind{(64 + 32 * size + line - 1) / line * line, line, size, plain};
    case ObjectType::frame:
        if (size != 12 && size != 21 && size != 30) return std::nullopt;
        return Kind{uint64_t{1} << size, uint64_t{1} << size, 0, plain | bit(Right::transfer)};
    case ObjectType::sched_context:
        if (size < 2 || size > 120) return std::nullopt;
        return Kind{(128 + 16 * size + line - 1) / line * line, line, 0, plain};
    case ObjectType::task: return fixed(256, line, 3);
    case ObjectType::thread: return fixed(1024, line, 2);
    case ObjectType::address_space: return fixed(2 * page, page, 0, plain | bit(Right::write_execute));
    case ObjectType::page_table: return fixed(2 * page, page);
    case ObjectType::endpoint: return fixed(64, line, 0, plain | bit(Right::transfer) | bit(Right::reply));
    case ObjectType::reply:
    case ObjectType::notification:
    case ObjectType::interrupt_handler: return fixed(64, line);
    case ObjectType::empty:
    case ObjectType::interrupt_control:
    case ObjectType::schedule_control:
    case ObjectType::power_control: return std::nullopt;
    }
    return std::nullopt;
}

bool is_made(ObjectType type) {
    return type != ObjectType::empty && type != ObjectType::interrupt_control && type != ObjectType::schedule_control &&
           type != ObjectType::power_control;
}
bool carries_badge(ObjectType type) { return type == ObjectType::endpoint || type == ObjectType::notification; }

Outcome after(Outcome outcome, uint64_t done) {
    outcome.done = done;
    return outcome;
}

}  // namespace

Model::Model(uint64_t base, uint64_t slots, uint64_t own_index) {
    objects_.push_back({ObjectType::cap_table, base, 64 + 32 * slots, slots, false, 0});
    own_ = &objects_.back();
    const Place place{own_, own_index};
    capabilities_[place] = {place, own_, plain, 0, true, nullptr, {}};
}

void Model::add_untyped(uint64_t index, Object memory, uint64_t rights, uint64_t depth) {
    objects_.push_back(memory);
    const Place place{own_, index};
    Capability& root = capabilities_[place] = {place, &objects_.back(), rights, 0, true, nullptr, {}};
    roots_.push_back(&root);
    root_depths_[&root] = depth;
}

// --- Looking -------------------------------------------------------------------------------------------------

Capability* Model::in_slot(Place place) const {
    const auto found = capabilities_.find(place);
    return found == capabilities_.end() ? nullptr : const_cast<Capability*>(&found->second);
}

bool Model::lives(const Object* object) const {
    return std::ranges::any_of(objects_, [&](const Object& living) { return &living == object; });
}

uint64_t Model::depth(const Capability& capability) const {
    if (capability.parent != nullptr) return depth(*capability.parent) + 1;
    const auto root = root_depths_.find(&capability);
    return root == root_depths_.end() ? 0 : root->second;
}

// --- What every operation asks first: exists, type, right ----------------------------------------------------

Model::Found Model::find(uint64_t argument, uint64_t index, std::optional<ObjectType> type, uint64_t rights) const {
    if (index >= own_->slots) return {nullptr, Outcome::refused(ErrorCode::index_out_of_range, argument, index)};
    Capability* capability = in_slot({own_, index});
    if (capability == nullptr) return {nullptr, Outcome::refused(ErrorCode::empty_slot, argument, index)};
    const ObjectType actual = capability->object->type;
    if (type && actual != *type) return {nullptr, Outcome::refused(ErrorCode::wrong_type, argument, number(actual))};
    const uint64_t missing = rights & ~capability->rights;
    if (missing != 0) return {nullptr, Outcome::refused(ErrorCode::missing_right, argument, missing)};
    return {capability, {}};
}

Model::Found Model::find_self(uint64_t index, ObjectType type, uint64_t method) const {
    const Found found = find(0, index, std::nullopt, 0);
    if (found.outcome.refused()) return found;
    const ObjectType actual = found.capability->object->type;
    if (actual != type) return {nullptr, Outcome::refused(ErrorCode::unknown_method, number(actual), method)};
    return find(0, index, type, write);
}

Outcome Model::check_child(const Capability& parent, uint64_t badge, uint64_t argument, uint64_t index) const {
    const ObjectType type = parent.object->type;
    if (depth(parent) + 1 > deepest) return Outcome::refused(ErrorCode::depth_exceeded, argument, deepest);
    if (badge != 0 && carries_badge(type) && parent.word != 0)
        return Outcome::refused(ErrorCode::badge_set, argument, parent.word);
    if (badge != 0 && !carries_badge(type) && type != ObjectType::cap_table)
        return Outcome::refused(ErrorCode::argument_out_of_range, argument, 0);
    if (type == ObjectType::untyped && !parent.children.empty())
        return Outcome::refused(ErrorCode::has_children, argument, index);
    return {};
}

/// A slot that must be there and free.
Outcome Model::check_slot(Place place, uint64_t argument) const {
    if (!lives(place.holder) || place.index >= place.holder->slots)
        return Outcome::refused(ErrorCode::index_out_of_range, argument, place.index);
    if (in_slot(place) != nullptr) return Outcome::refused(ErrorCode::occupied_slot, argument, place.index);
    return {};
}

Model::Pair Model::pair(Object* source, uint64_t source_index, Object* destination, uint64_t index) const {
    const Pair slots{{source, source_index}, {destination, index}, {}};
    if (source_index >= source->slots)
        return {{}, {}, Outcome::refused(ErrorCode::index_out_of_range, 3, source_index)};
    if (const Outcome outcome = check_slot(slots.to, 1); outcome.refused()) return {{}, {}, outcome};
    if (in_slot(slots.from) == nullptr) return {{}, {}, Outcome::refused(ErrorCode::empty_slot, 3, source_index)};
    return slots;
}

// --- What they do then ---------------------------------------------------------------------------------------

Capability& Model::add(Capability& parent, const Capability& child) {
    Capability& added = capabilities_[child.place] = child;
    added.parent = &parent;
    parent.children.push_front(&added);
    return added;
}

Capability& Model::derive(Capability& parent, Place place, uint64_t rights, uint64_t badge) {
    const ObjectType type = parent.object->type;
    const bool takes_word = carries_badge(type) || type == ObjectType::cap_table;
    const uint64_t word = takes_word && badge != 0 ? badge : parent.word;
    Capability child{place, parent.object, parent.rights & rights, word, false, nullptr, {}};
    if (type == ObjectType::untyped) {
        // All of the memory, as an object of its own.
        Object memory = *parent.object;
        memory.used = 0;
        parent.object->used = memory.bytes;
        objects_.push_back(memory);
        child.object = &objects_.back();
        child.origin = true;
    }
    return add(parent, child);
}

void Model::install_child(Capability& parent, Place place) { derive(parent, place, parent.rights, 0); }

void Model::move(Capability& capability, Place to) {
    Capability& moved = capabilities_[to] = capability;
    moved.place = to;
    auto& siblings = moved.parent != nullptr ? moved.parent->children : roots_;
    std::ranges::replace(siblings, &capability, &moved);
    if (const auto root = root_depths_.find(&capability); root != root_depths_.end()) {
        root_depths_[&moved] = root->second;
        root_depths_.erase(&capability);
    }
    for (Capability* child : moved.children) child->parent = &moved;
    capabilities_.erase(Place(capability.place));
}

void Model::take_children(Capability& capability) {
    // Ending an object below can take others of the children, even the capability itself, with it.
    const Place place = capability.place;
    while (true) {
        Capability* self = in_slot(place);
        if (self != &capability || self->children.empty()) return;
        take(*self->children.front());
    }
}

void Model::take(Capability& capability) {
    const Place place = capability.place;
    Object* object = capability.object;
    const bool origin = capability.origin;
    // Out of reach first, so that what holds itself ends.
    std::list<Capability*> orphans = capability.children;
    auto& siblings = capability.parent != nullptr ? capability.parent->children : roots_;
    siblings.remove(&capability);
    root_depths_.erase(&capability);
    // Its children hang below its parent until they are taken, too.
    for (Capability* child : orphans) {
        child->parent = capability.parent;
        (capability.parent != nullptr ? capability.parent->children : roots_).push_front(child);
    }
    std::vector<Place> below;
    for (const Capability* child : orphans) below.push_back(child->place);
    capabilities_.erase(place);
    for (const Place& child : below) {
        if (Capability* left = in_slot(child); left != nullptr) take(*left);
    }
    if (origin) end(object);
}

void Model::end(Object* object) {
    for (uint64_t i = 0; i < object->slots; ++i) {
        if (Capability* held = in_slot({object, i}); held != nullptr) take(*held);
    }
    objects_.remove_if([&](const Object& living) { return &living == object; });
}

// --- Operations ----------------------------------------------------------------------------------------------

Outcome Model::retype(uint64_t self, const Retype& arguments) {
    const Found found = find_self(self, ObjectType::untyped, 1);
    if (found.outcome.refused()) return found.outcome;
    const Found table = find(4, arguments.table, ObjectType::cap_table, write);
    if (table.outcome.refused()) return table.outcome;
    Capability& untyped = *found.capability;
    Object& memory = *untyped.object;
    if (depth(untyped) + 1 > deepest) return Outcome::refused(ErrorCode::depth_exceeded, 0, deepest);
    if (!is_made(arguments.type)) return Outcome::refused(ErrorCode::argument_out_of_range, 1);
    const auto kind = kind_of(arguments.type, arguments.size);
    if (!kind) return Outcome::refused(ErrorCode::argument_out_of_range, 2);
    if (memory.device && arguments.type != ObjectType::frame && arguments.type != ObjectType::untyped)
        return Outcome::refused(ErrorCode::device_memory, 1);

    const uint64_t used = untyped.children.empty() ? 0 : memory.used;
    uint64_t at = (memory.base + used + kind->alignment - 1) / kind->alignment * kind->alignment;
    const uint64_t end = memory.base + memory.bytes;
    const uint64_t free = at < end ? end - at : 0;
    if (arguments.count > free / kind->bytes)
        return Outcome::refused(ErrorCode::out_of_memory, arguments.count * kind->bytes, free);
    for (uint64_t done = 0; done < arguments.count; ++done, at += kind->bytes) {
        const Place place{table.capability->object, arguments.first + done};
        if (const Outcome outcome = check_slot(place, 5); outcome.refused()) return after(outcome, done);
        objects_.push_back({arguments.type, at, kind->bytes, kind->slots, memory.device, 0});
        add(untyped, {place, &objects_.back(), kind->rights, 0, true, nullptr, {}});
        memory.used = at + kind->bytes - memory.base;
    }
    return {.done = arguments.count};
}

Outcome Model::map(uint64_t self, const Map& arguments) {
    const Found found = find_self(self, ObjectType::cap_table, 1);
    if (found.outcome.refused()) return found.outcome;
    const Found source = find(2, arguments.source, ObjectType::cap_table, read);
    if (source.outcome.refused()) return source.outcome;
    for (uint64_t done = 0; done < arguments.count; ++done) {
        const uint64_t index = arguments.source_first + done;
        const Pair slots = pair(source.capability->object, index, found.capability->object, arguments.first + done);
        if (slots.outcome.refused()) return after(slots.outcome, done);
        Capability& parent = *in_slot(slots.from);
        const Outcome allowed = check_child(parent, arguments.badge, 3, index);
        if (allowed.refused()) return after(allowed, done);
        derive(parent, slots.to, arguments.rights, arguments.badge);
    }
    return {.done = arguments.count};
}

Outcome Model::grant(uint64_t self, const Grant& arguments) {
    const Found found = find_self(self, ObjectType::cap_table, 2);
    if (found.outcome.refused()) return found.outcome;
    const Found source = find(2, arguments.source, ObjectType::cap_table, write);
    if (source.outcome.refused()) return source.outcome;
    Object* from = source.capability->object;
    Object* to = found.capability->object;
    for (uint64_t done = 0; done < arguments.count; ++done) {
        const Pair slots = pair(from, arguments.source_first + done, to, arguments.first + done);
        if (slots.outcome.refused()) return after(slots.outcome, done);
        move(*in_slot(slots.from), slots.to);
    }
    return {.done = arguments.count};
}

Outcome Model::unmap(uint64_t self, const Unmap& arguments) {
    const Found found = find_self(self, ObjectType::cap_table, 3);
    if (found.outcome.refused()) return found.outcome;
    Object* table = found.capability->object;
    for (uint64_t done = 0; done < arguments.count; ++done) {
        const Place place{table, arguments.first + done};
        // The table itself may have gone with the slots before.
        if (!lives(table) || place.index >= table->slots)
            return after(Outcome::refused(ErrorCode::index_out_of_range, 1, place.index), done);
        Capability* root = in_slot(place);
        if (root == nullptr) continue;
        take_children(*root);
        if (arguments.with_root && in_slot(place) != nullptr) take(*in_slot(place));
    }
    return {.done = arguments.count};
}

Outcome Model::install(uint64_t self, uint64_t where, uint64_t capability) {
    constexpr ObjectType accepted[] = {ObjectType::cap_table, ObjectType::address_space, ObjectType::endpoint};
    const Found found = find_self(self, ObjectType::task, 1);
    if (found.outcome.refused()) return found.outcome;
    const Found source = find(2, capability, std::nullopt, 0);
    if (source.outcome.refused()) return source.outcome;
    const Place place{found.capability->object, where};
    if (in_slot(place) != nullptr) return Outcome::refused(ErrorCode::occupied_slot, 1, where);
    const Found fitting = find(2, capability, accepted[where], write);
    if (fitting.outcome.refused()) return fitting.outcome;
    const Outcome allowed = check_child(*source.capability, 0, 2, capability);
    if (!allowed.refused()) install_child(*source.capability, place);
    return allowed;
}

Outcome Model::remove(uint64_t self, uint64_t where) {
    const Found found = find_self(self, ObjectType::task, 2);
    if (found.outcome.refused()) return found.outcome;
    Capability* installed = in_slot({found.capability->object, where});
    if (installed == nullptr) return Outcome::refused(ErrorCode::empty_slot, 1, where);
    take(*installed);
    return {};
}

Outcome Model::bind_task(uint64_t self, uint64_t task) {
    const Found found = find_self(self, ObjectType::thread, 1);
    if (found.outcome.refused()) return found.outcome;
    const Found source = find(1, task, ObjectType::task, write);
    if (source.outcome.refused()) return source.outcome;
    const Place place{found.capability->object, 0};
    if (in_slot(place) != nullptr) return Outcome::refused(ErrorCode::already_bound, 0);
    const Outcome allowed = check_child(*source.capability, 0, 1, task);
    if (!allowed.refused()) install_child(*source.capability, place);
    return allowed;
}

Outcome Model::set_buffer(uint64_t self, uint64_t frame, uint64_t offset) {
    constexpr uint64_t buffer = abi::ipc_buffer_bytes;
    const Found found = find_self(self, ObjectType::thread, 2);
    if (found.outcome.refused()) return found.outcome;
    const Found source = find(1, frame, ObjectType::frame, read | write);
    if (source.outcome.refused()) return source.outcome;
    const Place place{found.capability->object, 1};
    const Object& memory = *source.capability->object;
    if (in_slot(place) != nullptr) return Outcome::refused(ErrorCode::already_bound, 0);
    if (memory.device) return Outcome::refused(ErrorCode::device_memory, 1);
    if (offset >= memory.bytes) return Outcome::refused(ErrorCode::argument_out_of_range, 2, memory.bytes - buffer);
    const Outcome allowed = check_child(*source.capability, 0, 1, frame);
    if (!allowed.refused()) install_child(*source.capability, place);
    return allowed;
}

// --- Capabilities in messages --------------------------------------------------------------------------------

Outcome Model::open_window(const Window& window) {
    if (window.count == 0) return {};
    const uint64_t count = std::min<uint64_t>(window.count, abi::message_items);
    Found table = find(0, window.table, ObjectType::cap_table, write);
    // Here an empty slot is a capability of the wrong type.
    if (table.outcome.code == number(ErrorCode::empty_slot)) table.outcome = Outcome::refused(ErrorCode::wrong_type);
    if (table.outcome.refused()) return table.outcome;
    Object* holder = table.capability->object;
    if (window.first + count > holder->slots)
        return Outcome::refused(ErrorCode::index_out_of_range, 0, window.first + count - 1);
    for (uint64_t i = 0; i < count; ++i) {
        if (in_slot({holder, window.first + i}) != nullptr) return Outcome::refused(ErrorCode::occupied_slot, 0, i);
    }
    return {};
}

Model::Sent Model::sendable(const std::vector<Item>& items, size_t place) const {
    const Item& item = items[place];
    const auto bad = [&](uint64_t reason) {
        return Sent{nullptr, Outcome::refused(ErrorCode::bad_item, place, reason)};
    };
    const Found found = find(place, item.index, std::nullopt, 0);
    if (found.outcome.refused()) return bad(found.outcome.code);
    Capability& capability = *found.capability;
    const Outcome child = item.grant ? Outcome{} : check_child(capability, item.badge, place, item.index);
    if (child.refused()) return bad(child.code);
    if (item.grant && !capability.children.empty()) return bad(number(ErrorCode::has_children));
    for (size_t earlier = 0; earlier < place; ++earlier) {
        const bool taken = item.grant || items[earlier].grant || capability.object->type == ObjectType::untyped;
        if (items[earlier].index == item.index && taken) return bad(number(ErrorCode::in_use));
    }
    return {&capability, {}};
}

Outcome Model::deliver(const std::vector<Item>& items, const Window& window) {
    const uint64_t room = std::min<uint64_t>(window.count, abi::message_items);
    if (room < items.size()) return Outcome::refused(ErrorCode::window_full, items.size(), room);
    for (size_t i = 0; i < items.size(); ++i) {
        if (const Sent sent = sendable(items, i); sent.outcome.refused()) return sent.outcome;
    }
    Object* holder = items.empty() ? nullptr : in_slot({own_, window.table})->object;
    for (size_t i = 0; i < items.size(); ++i) {
        Capability& capability = *in_slot({own_, items[i].index});
        const Place to{holder, window.first + i};
        items[i].grant ? move(capability, to) : void(derive(capability, to, items[i].rights, items[i].badge));
    }
    return {};
}

}  // namespace selene::model
