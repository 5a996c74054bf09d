// SPDX-License-Identifier: BSD-2-Clause
// A small system as the compiler understands it, carried out in the abstract model of the kernel.
#include "small_system.hpp"

#include <fmt/format.h>
#include <set>

#include "compile/kernel_objects.hpp"
#include "methods.hpp"

namespace capdl::test {

namespace {

constexpr uint64_t slots_each = 16;

}  // namespace

// --- In the model of the kernel --------------------------------------------------------------------------------------

kernel::Object& SmallSystem::add(selene::abi::ObjectType type, uint64_t slots, uint64_t bytes) {
    next_base_ += 1 << 20;
    kernel::Object& object = system_.add_object({.type = type, .base = next_base_, .bytes = bytes, .slots = slots});
    if (type == selene::abi::ObjectType::address_space) {
        object.pages.level = 1;
    }
    return object;
}

SmallSystem::SmallSystem(const Model& model)
    : origins_(&add(selene::abi::ObjectType::cap_table, 256, 8192)),
      objects_(model.objects.size()),
      origin_of_(model.objects.size()),
      place_of_(model.capabilities.size()) {
    system_.limits = {.lines = 64, .timer_line = 27, .minimum_budget = 1, .longest_period = 1 << 20, .user_flags = 0};
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        const KernelObject object = *kernel_object(model, id);
        const uint64_t slots = model[id].type == ObjectType::cnode ? object.size : 0;
        objects_[index] = &add(object.type, slots, object.bytes());
        spec_[objects_[index]] = id;
        origin_of_[index] = &own(*objects_[index]);
    }
    for (uint32_t index = 0; index < model.capabilities.size(); ++index) {
        add_capability(model, static_cast<CapabilityId>(index));
    }
    for (uint32_t index = 0; index < model.objects.size(); ++index) {
        const auto id = static_cast<ObjectId>(index);
        if (model[id].type == ObjectType::tcb && model.slot(id, ThreadSlot::cspace) != nullptr) {
            add_thread(model, id);
        }
    }
    for (const InterruptMapping& mapping : model.interrupts) {
        kernel::Object& handler = object(mapping.object);
        handler.handler.line = static_cast<unsigned>(mapping.number);
        system_.lines[handler.handler.line].handler = &handler;
        for (const Capability& target : model.slots_of(mapping.object)) {
            system_.derive(*origin_of_[index_of(target.object)], {&handler, 0}, Rights::write, target.word);
        }
    }
}

kernel::Capability& SmallSystem::own(kernel::Object& object) {
    return system_.add(nullptr, {.place = {origins_, next_origin_++},
                                 .object = &object,
                                 .rights = selene::abi::all_rights,
                                 .word = 0,
                                 .origin = true});
}

// A thread's task, with who hears of its faults, and what else its slots say.
void SmallSystem::add_thread(const Model& model, ObjectId id) {
    using selene::abi::TaskSlot;
    kernel::Object& thread = object(id);
    kernel::Object& task = add(selene::abi::ObjectType::task, 4, 256);
    kernel::Capability& origin = own(task);
    const auto install = [&](ThreadSlot from, TaskSlot to) {
        if (const Capability* slot = model.slot(id, from)) {
            const bool is_endpoint = model[slot->object].type == ObjectType::ep;
            system_.derive(*origin_of_[index_of(slot->object)], {&task, static_cast<uint64_t>(to)},
                           is_endpoint ? slot->rights.bits() : selene::abi::all_rights, is_endpoint ? slot->word : 0);
        }
    };
    install(ThreadSlot::cspace, TaskSlot::table);
    install(ThreadSlot::vspace, TaskSlot::space);
    install(ThreadSlot::fault_ep_slot, TaskSlot::fault_endpoint);
    install(ThreadSlot::temp_fault_ep_slot, TaskSlot::timeout_endpoint);
    system_.derive(origin, {&thread, 0}, selene::abi::all_rights, 0);
    thread.thread.started = true;
    if (const Capability* slot = model.slot(id, ThreadSlot::sc_slot)) {
        kernel::Object& context = object(slot->object);
        context.context.thread = &thread;
        thread.thread.context = &context;
    }
    if (const Capability* slot = model.slot(id, ThreadSlot::bound_notification)) {
        kernel::Object& notification = object(slot->object);
        notification.notification.thread = &thread;
        thread.thread.notification = &notification;
    }
    threads_.push_back(id);
    add_space(model, id);
}

// Tables hang in each other, the first of a pgd and its pud being one; each mapping is a capability of its own.
void SmallSystem::add_space(const Model& model, ObjectId thread) {
    const ObjectId root = model.slot(thread, ThreadSlot::vspace)->object;
    const Capability* upper = model.slot(root, uint64_t{0});
    const Capability* middle = upper == nullptr ? nullptr : model.slot(upper->object, uint64_t{0});
    const Capability* last = middle == nullptr ? nullptr : model.slot(middle->object, uint64_t{0});
    if (last == nullptr) {
        return;
    }
    kernel::Object* above = &object(root);
    for (const Capability* table : {middle, last}) {
        kernel::Object& below = object(table->object);
        below.pages.level = above->pages.level + 1;
        below.pages.parent = above;
        above->pages.entries[0] = {.table = &below};
        above = &below;
    }
    for (const Capability& page : model.slots_of(last->object)) {
        const auto entry = static_cast<unsigned>(page.slot);
        kernel::Capability& mapped =
            system_.derive(*origin_of_[index_of(page.object)], {origins_, next_origin_++}, page.rights.bits(), 0);
        mapped.mapped_in = above;
        mapped.mapped_entry = entry;
        above->pages.entries[entry] = {.frame = &mapped, .rights = page.rights.bits()};
    }
}

kernel::Object& SmallSystem::authority(Authority which) {
    using Type = selene::abi::ObjectType;
    kernel::Object*& known = authorities_[which];
    if (known == nullptr) {
        known = &add(which == Authority::irq_control     ? Type::interrupt_control
                     : which == Authority::sched_control ? Type::schedule_control
                                                         : Type::power_control,
                     0, 0);
        authority_of_[which] = &own(*known);
    }
    return *known;
}

// Parents first.
void SmallSystem::add_capability(const Model& model, CapabilityId id) {
    const Capability& capability = model[id];
    if (model[capability.container].type != ObjectType::cnode || place_of_[index_of(id)]) {
        return;
    }
    constexpr uint64_t read_write = Rights::read | Rights::write;
    const kernel::Place place{objects_[index_of(capability.container)], capability.slot};
    place_of_[index_of(id)] = place;
    if (capability.object == ObjectId::none) {
        authority(capability.authority);
        system_.derive(*authority_of_[capability.authority], place, read_write, 0);
        return;
    }
    kernel::Capability* parent = origin_of_[index_of(capability.object)];
    if (capability.parent != CapabilityId::none) {
        add_capability(model, capability.parent);
        parent = system_.in(*place_of_[index_of(capability.parent)]);
    }
    const ObjectType type = model[capability.object].type;
    Rights rights = capability.rights;
    if (type == ObjectType::ep && rights.has(Rights::transfer)) {
        rights = rights | Rights(Rights::reply);
    }
    const uint64_t badge = types_with_badge.contains(type) ? capability.word : 0;
    const uint64_t carried =
        types_with_rights.contains(type) ? rights.bits() : read_write | (rights.bits() & Rights::inspect);
    kernel::Capability& made = system_.derive(*parent, place, carried & parent->rights, badge);
    if (type == ObjectType::ut) {
        spec_[made.object] = capability.object;  // the same memory
    }
}

std::string SmallSystem::word_for(const kernel::Object* object) const {
    const auto known = spec_.find(object);
    return object == nullptr ? "-" : known == spec_.end() ? "new" : fmt::format("{}", index_of(known->second));
}

std::string SmallSystem::state(ObjectId id) {
    kernel::Object* object = objects_[index_of(id)];
    if (!system_.lives(object)) {
        return "gone";
    }
    std::string text;
    for (uint64_t slot = 0; slot < std::max<uint64_t>(object->slots, 2); ++slot) {
        if (const kernel::Capability* held = system_.in({object, slot})) {
            text += fmt::format("{}: {} {} {}; ", slot, word_for(held->object), held->rights, held->word);
        }
    }
    for (const auto& [index, entry] : object->pages.entries) {
        text += fmt::format("[{}] {} {} {}; ", index, entry.frame == nullptr ? "-" : word_for(entry.frame->object),
                            word_for(entry.table), entry.rights);
    }
    const kernel::Thread& thread = object->thread;
    text += fmt::format("{} {} {} {} {} {} {}; ", thread.started, thread.ended, thread.stopped, thread.priority,
                        thread.maximum, word_for(thread.context), word_for(thread.notification));
    for (const uint64_t word : thread.registers) {
        text += fmt::format("{} ", word);
    }
    text += fmt::format("{} {}; ", object->notification.bits, word_for(object->notification.thread));
    text += fmt::format("{} {}; ", object->handler.line, object->handler.active);
    text += fmt::format("holds {}; ", contents_[object]);
    text += fmt::format("{} {} {}", object->context.budget, object->context.period, word_for(object->context.thread));
    return text;
}

std::map<ObjectId, uint64_t> SmallSystem::holdings(ObjectId thread) {
    std::map<ObjectId, uint64_t> result;
    const kernel::Capability* task = system_.in({objects_[index_of(thread)], 0});
    const kernel::Capability* root = task == nullptr ? nullptr : system_.in({task->object, 0});
    std::vector<kernel::Object*> tables;
    if (root != nullptr) {
        tables.push_back(root->object);
    }
    std::set<kernel::Object*> seen(tables.begin(), tables.end());
    for (size_t at = 0; at < tables.size(); ++at) {
        for (uint64_t slot = 0; slot < tables[at]->slots; ++slot) {
            const kernel::Capability* held = system_.in({tables[at], slot});
            if (held == nullptr) {
                continue;
            }
            if (const auto known = spec_.find(held->object); known != spec_.end()) {
                result[known->second] |= held->rights;
            }
            if (held->object->type == selene::abi::ObjectType::cap_table && seen.insert(held->object).second) {
                tables.push_back(held->object);
            }
        }
    }
    return result;
}

// --- Operations --------------------------------------------------------------------------------------------------------

std::optional<kernel::Outcome> SmallSystem::send(ObjectId from, ObjectId to, const std::vector<kernel::Item>& items,
                                                 const kernel::Window& window) {
    const auto right = [](uint64_t rights, uint64_t wanted) { return (rights & wanted) == wanted; };
    const auto endpoints = [this](ObjectId thread) {
        std::map<const kernel::Object*, std::vector<uint64_t>> rights;
        for (uint64_t index = 0; index < slots_each; ++index) {
            const auto found = kernel::find(system_, object(thread), 0, index, selene::abi::ObjectType::endpoint, 0);
            if (found.capability != nullptr) {
                rights[found.capability->object].push_back(found.capability->rights);
            }
        }
        return rights;
    };
    const auto sender = endpoints(from);
    const auto receiver = endpoints(to);
    bool has_means = false;
    for (const auto& [endpoint, sender_rights] : sender) {
        const auto known = receiver.find(endpoint);
        for (const uint64_t mine : sender_rights) {
            for (const uint64_t theirs : known == receiver.end() ? std::vector<uint64_t>{} : known->second) {
                has_means = has_means ||
                            (right(mine, Rights::write | Rights::transfer) && right(theirs, Rights::read)) ||
                            (right(mine, Rights::read) && right(theirs, Rights::write | Rights::reply));
            }
        }
    }
    if (!has_means || !system_.lives(&object(from)) || !system_.lives(&object(to))) {
        return std::nullopt;
    }
    const kernel::Outcome opened = kernel::open_window(system_, object(to), window);
    return opened.refused() ? opened : kernel::deliver(system_, object(from), items, object(to), window);
}

// The frame that a thread's space has at a page, with these rights.
kernel::Object* SmallSystem::frame_at(ObjectId thread, uint64_t page, uint64_t rights) {
    const kernel::Capability* task = system_.in({&object(thread), 0});
    const kernel::Capability* space = task == nullptr ? nullptr : system_.in({task->object, 1});
    const kernel::Object* table = space == nullptr ? nullptr : space->object;
    for (unsigned level = 1; table != nullptr; ++level) {
        const auto entry = table->pages.entries.find(level == 3 ? static_cast<unsigned>(page) : 0);
        if (entry == table->pages.entries.end()) {
            return nullptr;
        }
        if (entry->second.frame != nullptr) {
            const bool may = (entry->second.rights & rights) == rights;
            return level == 3 && may ? entry->second.frame->object : nullptr;
        }
        table = entry->second.table;
    }
    return nullptr;
}

std::optional<kernel::Outcome> SmallSystem::touch(ObjectId thread, uint64_t page, uint64_t rights, uint64_t value) {
    kernel::Object* frame = frame_at(thread, page, rights);
    if (frame == nullptr) {
        return kernel::Outcome::refused(selene::abi::ErrorCode::no_space);
    }
    if (rights == Rights::write) {
        contents_[frame] = value;
        return kernel::Outcome{};
    }
    return kernel::Outcome::with(contents_[frame]);
}

}  // namespace capdl::test
