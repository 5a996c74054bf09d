// SPDX-License-Identifier: BSD-2-Clause
// A small system, drawn at random: as a spec, as the compiler understands it, and as the abstract model of the kernel.
#include "small_system.hpp"

#include <fmt/format.h>
#include <iterator>
#include <set>

#include "abi/grammar.hpp"
#include "compile/kernel_objects.hpp"
#include "methods.hpp"

namespace capdl::test {

namespace grammar = selene::abi::grammar;

namespace {

constexpr uint64_t slots_each = 16;

uint64_t below(std::mt19937_64& random, uint64_t end) { return random() % end; }

}  // namespace

std::string random_spec(std::mt19937_64& random) {
    std::string text =
        "arch aarch64 objects { e = ep f = ep n = notification m = notification p = frame (4k)\n"
        "q = frame (4k) u = ut (14 bits) w = ut (15 bits) s = sc r = rtreply d = cnode (4 bits)\n";
    for (const char c : {'a', 'b', 'c'}) {
        text += fmt::format("t{0} = tcb c{0} = cnode (4 bits) g{0} = pgd\n", c);
    }
    text += "} caps {\n";
    constexpr const char* targets[] = {"e", "e", "e", "f",  "f",  "n",  "m",  "p",  "q",  "u", "w",
                                       "s", "r", "d", "ca", "cb", "ga", "gb", "gc", "ta", "tb"};
    constexpr const char* rights[] = {"R", "W", "WG", "WP", "RWGP", "RW", "RX"};
    std::map<std::string, std::string> named;
    unsigned number = 0;
    for (const char c : {'a', 'b', 'c', 'd'}) {
        if (c != 'd') {
            text += fmt::format("t{0} {{ cspace: c{0} vspace: g{0} }}\n", c);
        }
        text += c == 'd' ? std::string("d {") : fmt::format("c{} {{", c);
        const uint64_t count = 2 + below(random, 5);
        for (uint64_t slot = 1; slot <= count; ++slot) {
            const bool own_table = slot == 1 && c != 'd' && below(random, 2) == 0;
            const std::string target = own_table ? fmt::format("c{}", c) : targets[below(random, std::size(targets))];
            const bool has_rights = std::string("efnmpq").find(target) != std::string::npos;
            const std::string name = fmt::format("k{}", number++);
            text += fmt::format(" {}: {} = {}", slot, name, target);
            text += has_rights ? fmt::format(" ({})", rights[below(random, std::size(rights))]) : "";
            // Derived or beside each other; an untyped is handed on whole, so only along one line.
            const auto known = named.find(target);
            if (known != named.end() && !has_rights && (below(random, 3) == 0 || target == "u" || target == "w")) {
                text += " - child_of " + known->second;
            }
            named[target] = name;
        }
        text += " }\n";
    }
    return text + "}\n";
}

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
    : origins_(&add(selene::abi::ObjectType::cap_table, 64, 4096)),
      objects_(model.objects.size()),
      origin_of_(model.objects.size()),
      place_of_(model.capabilities.size()) {
    const auto own = [this](kernel::Object& object) -> kernel::Capability& {
        return system_.add(nullptr, {.place = {origins_, next_origin_++},
                                     .object = &object,
                                     .rights = selene::abi::all_rights,
                                     .word = 0,
                                     .origin = true});
    };
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
        const Capability* table = model.slot(id, ThreadSlot::cspace);
        if (model[id].type != ObjectType::tcb || table == nullptr) {
            continue;
        }
        kernel::Object& task = add(selene::abi::ObjectType::task, 3, 256);
        kernel::Capability& origin = own(task);
        const ObjectId space = model.slot(id, ThreadSlot::vspace)->object;
        system_.derive(*origin_of_[index_of(table->object)], {&task, 0}, selene::abi::all_rights, 0);
        system_.derive(*origin_of_[index_of(space)], {&task, 1}, selene::abi::all_rights, 0);
        system_.derive(origin, {objects_[index], 0}, selene::abi::all_rights, 0);
        objects_[index]->thread.started = true;
        threads_.push_back(id);
    }
}

// Parents first.
void SmallSystem::add_capability(const Model& model, CapabilityId id) {
    const Capability& capability = model[id];
    if (model[capability.container].type != ObjectType::cnode || place_of_[index_of(id)]) {
        return;
    }
    const kernel::Place place{objects_[index_of(capability.container)], capability.slot};
    place_of_[index_of(id)] = place;
    kernel::Capability* parent = origin_of_[index_of(capability.object)];
    if (capability.parent != CapabilityId::none) {
        add_capability(model, capability.parent);
        parent = system_.in(*place_of_[index_of(capability.parent)]);
    }
    const ObjectType type = model[capability.object].type;
    constexpr uint64_t read_write = Rights::read | Rights::write;
    Rights rights = capability.rights;
    if (type == ObjectType::ep && rights.has(Rights::transfer)) {
        rights = rights | Rights(Rights::reply);
    }
    kernel::Capability& made =
        system_.derive(*parent, place, types_with_rights.contains(type) ? rights.bits() : read_write, 0);
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

DrawnOperation draw(std::mt19937_64& random, const SmallSystem& system, ObjectId actor) {
    DrawnOperation drawn{actor, system.threads()[below(random, system.threads().size())], {}};
    kernel::Operation& operation = drawn.operation;
    operation.self = below(random, 8);
    switch (below(random, 8)) {
    case 0: operation.kind = kernel::Operation::Kind::signal; return drawn;
    case 1: operation.kind = kernel::Operation::Kind::poll; return drawn;
    case 2:
    case 3:
        operation.kind = kernel::Operation::Kind::deliver;
        operation.items.push_back({below(random, 3) == 0, 1 + below(random, 6), below(random, 16), 0});
        operation.words = {below(random, 8), 4 + below(random, 8), 4};
        return drawn;
    default: break;
    }
    const auto& methods = grammar::methods;
    const grammar::Method& method = methods[below(random, std::size(methods))];
    operation.method = method.number;
    for (const grammar::Argument& argument : method.arguments) {
        switch (argument.kind) {
        case grammar::ArgumentKind::capability: operation.words.push_back(below(random, 8)); break;
        case grammar::ArgumentKind::index: operation.words.push_back(below(random, slots_each)); break;
        case grammar::ArgumentKind::rights: operation.words.push_back(below(random, 16)); break;
        case grammar::ArgumentKind::address: operation.words.push_back(below(random, 4) * 4096); break;
        default: operation.words.push_back(argument.minimum + below(random, 4) * argument.alignment); break;
        }
    }
    return drawn;
}

std::optional<kernel::Outcome> carry_out(SmallSystem& system, const DrawnOperation& drawn) {
    kernel::Object& actor = system.object(drawn.actor);
    if (!system.system().lives(&actor)) {
        return std::nullopt;
    }
    const kernel::Operation& operation = drawn.operation;
    switch (operation.kind) {
    case kernel::Operation::Kind::signal: return kernel::signal(system.system(), actor, operation.self);
    case kernel::Operation::Kind::poll: return kernel::poll(system.system(), actor, operation.self);
    case kernel::Operation::Kind::deliver:
        return system.send(drawn.actor, drawn.partner, operation.items,
                           {operation.words[0], operation.words[1], operation.words[2]});
    default:
        return kernel::invoke(system.system(), actor,
                              {.self = operation.self, .method = operation.method, .words = operation.words});
    }
}

}  // namespace capdl::test
