// SPDX-License-Identifier: BSD-2-Clause
// The facts of the model, and differences.
#include "facts.hpp"

#include <algorithm>
#include <sstream>

namespace selene::model {

namespace {

constexpr const char* names[] = {"type",      "object", "rights",  "badge or guard", "origin",   "closing",
                                 "depth",     "bytes",  "used",    "mapped by",      "activity", "priority",
                                 "maximum",   "tls",    "fpu",     "buffer",         "context",  "notification",
                                 "budget",    "period", "refills", "bound thread",   "bits",     "line",
                                 "active",    "slots",  "level",   "hangs in",       "entry",    "entry's rights",
                                 "entry kind"};
static_assert(std::size(names) == static_cast<size_t>(Aspect::entry_kind) + 1);

uint64_t base_of(const Object* object) { return object != nullptr ? object->base : 0; }
/// An entry of a page table, as its address.
uint64_t entry_address(const Object* table, unsigned index) { return table != nullptr ? table->base + 8 * index : 0; }

void add_pages(Facts& facts, const Object& table) {
    facts.add(Aspect::level, table.pages.level);
    facts.add(Aspect::hangs_in, entry_address(table.pages.parent, table.pages.parent_entry));
    for (const auto& [index, entry] : table.pages.entries) {
        facts.about(table.base, index);
        facts.add(Aspect::entry, entry.frame != nullptr ? base_of(entry.frame->object) : base_of(entry.table));
        facts.add(Aspect::entry_rights, entry.rights);
        facts.add(Aspect::entry_kind, entry.kind);
    }
}

void add_thread(const System& system, Facts& facts, const Object& object) {
    const Thread& thread = object.thread;
    const Capability* buffer = system.in({const_cast<Object*>(&object), 1});
    facts.add(Aspect::thread_activity, static_cast<uint64_t>(activity(object)) + 1);
    facts.add(Aspect::priority, thread.priority);
    facts.add(Aspect::maximum, thread.maximum);
    facts.add(Aspect::thread_pointer, thread.registers[register_tls]);
    facts.add(Aspect::floating_point, thread.floating_point);
    facts.add(Aspect::buffer, buffer != nullptr ? buffer->object->base + thread.buffer_offset : 0);
    facts.add(Aspect::context, base_of(thread.context));
    facts.add(Aspect::notification, base_of(thread.notification));
}

void add_object(const System& system, Facts& facts, const Object& object) {
    facts.about(object.base);
    switch (object.type) {
    case ObjectType::thread: add_thread(system, facts, object); break;
    case ObjectType::address_space:
    case ObjectType::page_table: add_pages(facts, object); break;
    case ObjectType::sched_context:
        facts.add(Aspect::budget, object.context.budget);
        facts.add(Aspect::period, object.context.period);
        facts.add(Aspect::refills, object.context.refills);
        facts.add(Aspect::slots, object.context.capacity);
        facts.add(Aspect::bound_thread, base_of(object.context.thread));
        break;
    case ObjectType::notification:
        facts.add(Aspect::bits, object.notification.bits);
        facts.add(Aspect::bound_thread, base_of(object.notification.thread));
        break;
    case ObjectType::interrupt_handler:
        facts.add(Aspect::line, object.handler.line);
        facts.add(Aspect::active, object.handler.active ? 1 : 0);
        break;
    case ObjectType::cap_table: facts.add(Aspect::slots, object.slots); break;
    default: break;
    }
}

void add_capability(const System& system, Facts& facts, const Capability& capability, uint64_t depth) {
    const Object& object = *capability.object;
    facts.about(capability.place.holder->base, capability.place.index);
    facts.add(Aspect::type, number(object.type));
    facts.add(Aspect::object, object.base);
    facts.add(Aspect::rights, capability.rights);
    facts.add(Aspect::word, capability.word);
    facts.add(Aspect::origin, capability.origin ? 1 : 0);
    facts.add(Aspect::depth, depth);
    if (object.type == ObjectType::untyped || object.type == ObjectType::frame)
        facts.add(Aspect::bytes, object.bytes + (object.device ? 1 : 0));
    if (object.type == ObjectType::untyped && !capability.children.empty()) facts.add(Aspect::used, object.used);
    facts.add(Aspect::mapped_by, entry_address(capability.mapped_in, capability.mapped_entry));
    if (capability.origin) add_object(system, facts, object);
    for (const Capability* child : capability.children) add_capability(system, facts, *child, depth + 1);
}

}  // namespace

Facts facts_of(const System& system) {
    Facts facts;
    for (const Capability* root : system.roots()) add_capability(system, facts, *root, 0);
    return facts;
}

std::optional<std::string> Facts::difference(const Facts& other, const char* this_name, const char* other_name) const {
    const auto [mine, theirs] = std::ranges::mismatch(facts_, other.facts_);
    if (mine == facts_.end() && theirs == other.facts_.end()) return std::nullopt;
    std::ostringstream out;
    const auto say = [&](const char* name, const Facts& facts, auto fact) {
        out << name;
        if (fact == facts.facts_.end()) {
            out << " has nothing more";
        } else {
            out << " has 0x" << std::hex << fact->value << " as " << names[static_cast<unsigned>(fact->aspect)]
                << " of number " << std::dec << fact->index << " of the object at 0x" << std::hex << fact->where;
        }
    };
    say(this_name, *this, mine);
    out << ", ";
    say(other_name, other, theirs);
    return out.str();
}

}  // namespace selene::model
