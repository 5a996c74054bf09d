// SPDX-License-Identifier: BSD-2-Clause
// The tree: how capabilities come, move and go, and objects with them.
#include "system.hpp"

#include <algorithm>

namespace selene::model {

// --- Looking -------------------------------------------------------------------------------------------------

Capability* System::in(Place place) const {
    const auto found = capabilities_.find(place);
    return found == capabilities_.end() ? nullptr : const_cast<Capability*>(&found->second);
}

bool System::lives(const Object* object) const {
    return std::ranges::any_of(objects_, [&](const Object& living) { return &living == object; });
}

Object* System::object_at(ObjectType type, uint64_t base) {
    const auto found = std::ranges::find_if(
        objects_, [&](const Object& object) { return object.type == type && object.base == base; });
    return found == objects_.end() ? nullptr : &*found;
}

std::vector<Object*> System::objects(ObjectType type) {
    std::vector<Object*> found;
    for (Object& object : objects_) {
        if (object.type == type) found.push_back(&object);
    }
    return found;
}

uint64_t System::depth(const Capability& capability) const {
    return capability.parent != nullptr ? depth(*capability.parent) + 1 : 0;
}

// --- Coming and moving ---------------------------------------------------------------------------------------

Object& System::add_object(const Object& object) { return objects_.emplace_back(object); }

std::list<Capability*>& System::siblings(Capability& capability) {
    return capability.parent != nullptr ? capability.parent->children : roots_;
}

Capability& System::add(Capability* parent, const Capability& child) {
    Capability& added = capabilities_[child.place] = child;
    added.parent = parent;
    if (parent != nullptr) {
        parent->children.push_front(&added);
    } else {
        roots_.push_back(&added);
    }
    return added;
}

Capability& System::derive(Capability& parent, Place place, uint64_t rights, uint64_t badge) {
    const ObjectType type = parent.object->type;
    const bool takes_word = carries_badge(type) || type == ObjectType::cap_table;
    Capability child{.place = place,
                     .object = parent.object,
                     .rights = parent.rights & rights,
                     .word = takes_word && badge != 0 ? badge : parent.word,
                     .origin = false};
    if (type == ObjectType::untyped) {
        Object memory = *parent.object;
        memory.used = 0;
        parent.object->used = memory.bytes;
        child.object = &add_object(memory);
        child.origin = true;
    }
    return add(&parent, child);
}

void System::move(Capability& capability, Place to) {
    auto node = capabilities_.extract(capability.place);
    node.key() = to;
    node.mapped().place = to;
    capabilities_.insert(std::move(node));
}

// --- Going ---------------------------------------------------------------------------------------------------

void System::clear_mapping(Capability& frame) {
    if (frame.mapped_in == nullptr) return;
    frame.mapped_in->pages.entries.erase(frame.mapped_entry);
    frame.mapped_in = nullptr;
}

void System::clear_entries(Object& table) {
    for (auto& [index, entry] : table.pages.entries) {
        if (entry.frame != nullptr) entry.frame->mapped_in = nullptr;
        if (entry.table != nullptr) entry.table->pages.parent = nullptr;
    }
    table.pages.entries.clear();
}

/// What hangs on this one capability.
void System::forget(Capability& capability) {
    Object& holder = *capability.place.holder;
    clear_mapping(capability);
    if (holder.type == ObjectType::thread && capability.place.index == 0) holder.thread.ended = holder.thread.started;
    if (holder.type == ObjectType::interrupt_handler) holder.handler.active = false;
}

void System::take(Capability& capability) {
    const Place place = capability.place;
    Object* object = capability.object;
    const bool origin = capability.origin;
    // Out of reach first, so that what holds itself ends.
    forget(capability);
    siblings(capability).remove(&capability);
    // Its children hang below its parent until they are taken, too.
    std::vector<Place> below;
    for (Capability* child : capability.children) {
        below.push_back(child->place);
        child->parent = capability.parent;
        siblings(*child).push_front(child);
    }
    capabilities_.erase(place);
    for (const Place& child : below) {
        if (Capability* left = in(child); left != nullptr) take(*left);
    }
    if (origin) end(object);
}

void System::take_children(Capability& capability) {
    // The end of an object below can take others of the children, even the capability itself, with it.
    const Place place = capability.place;
    while (in(place) == &capability && !capability.children.empty()) take(*capability.children.front());
}

void System::end(Object* object) {
    for (uint64_t i = 0; i < object->slots; ++i) {
        if (Capability* held = in({object, i}); held != nullptr) take(*held);
    }
    clear_entries(*object);
    if (object->pages.parent != nullptr) object->pages.parent->pages.entries.erase(object->pages.parent_entry);
    if (Object* context = object->thread.context; context != nullptr) context->context.thread = nullptr;
    if (Object* bound = object->thread.notification; bound != nullptr) bound->notification.thread = nullptr;
    if (Object* thread = object->context.thread; thread != nullptr) {
        thread->thread.context = nullptr;
        thread->thread.lacks_time = true;
    }
    if (Object* thread = object->notification.thread; thread != nullptr) thread->thread.notification = nullptr;
    if (object->handler.line != 0) lines[object->handler.line].handler = nullptr;
    objects_.remove_if([&](const Object& living) { return &living == object; });
}

}  // namespace selene::model
