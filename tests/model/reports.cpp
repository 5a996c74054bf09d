// SPDX-License-Identifier: BSD-2-Clause
// The methods that inspect: what they tell of slots and objects.
#include <bit>

#include "methods.hpp"

namespace selene::model {

namespace {

constexpr uint64_t none = ~uint64_t{0};

Word word(uint64_t number) { return {.number = number}; }

Word name_of(const Object* object) {
    if (object == nullptr) return {};
    return {.name = {.kind = Name::Kind::object, .type = object->type, .base = object->base}};
}
Word name_of(const Place& slot) {
    return {
        .name = {.kind = Name::Kind::slot, .type = slot.holder->type, .base = slot.holder->base, .index = slot.index}};
}

bool is_authority(ObjectType type) {
    return type == ObjectType::interrupt_control || type == ObjectType::schedule_control ||
           type == ObjectType::power_control;
}

/// Where a frame is mapped: the space, null if the tables on the way to it are not whole, and the address as far as they
/// tell it.
struct Mapped {
    const Object* space;
    uint64_t address;
};
Mapped mapped_at(const Capability& frame) {
    const auto part = [](const Object& table, unsigned entry) {
        return uint64_t{entry} << (12 + 9 * (3 - table.pages.level));
    };
    const Object* table = frame.mapped_in;
    uint64_t address = part(*table, frame.mapped_entry);
    while (table->type == ObjectType::page_table) {
        const Object* parent = table->pages.parent;
        if (parent == nullptr) return {nullptr, address};
        address |= part(*parent, table->pages.parent_entry);
        table = parent;
    }
    return {table, address};
}

/// The last of what descends from a capability, in pre-order; itself if nothing does.
const Capability& last_below(const Capability& capability) {
    return capability.children.empty() ? capability : last_below(*capability.children.back());
}

/// The slot before this one in the tree's list.
Word before(const System& system, const Capability& capability) {
    const auto& siblings = capability.parent != nullptr ? capability.parent->children : system.roots();
    const Capability* previous = nullptr;
    for (const Capability* sibling : siblings) {
        if (sibling == &capability) break;
        previous = sibling;
    }
    if (previous != nullptr) return name_of(last_below(*previous).place);
    return capability.parent != nullptr ? name_of(capability.parent->place) : Word{};
}

uint64_t detail_of(const Capability& capability) {
    const Object& holder = *capability.place.holder;
    if (capability.object->type != ObjectType::frame) return capability.word;
    if (holder.type == ObjectType::thread) return holder.thread.buffer_offset;
    return capability.mapped_in != nullptr ? mapped_at(capability).address : none;
}

uint64_t size_of(const Object& object) {
    switch (object.type) {
    case ObjectType::untyped: return object.bytes / 4096;
    case ObjectType::frame: return static_cast<uint64_t>(std::countr_zero(object.bytes));
    case ObjectType::cap_table: return object.slots;
    case ObjectType::sched_context: return object.context.capacity;
    default: return 0;
    }
}

Outcome slot_report(const System& system, Place slot) {
    const Capability* held = system.in(slot);
    if (held == nullptr)
        return Outcome::reporting({word(0), word(0), {}, word(0), word(0), word(0), name_of(slot), {}});
    const Object& object = *held->object;
    return Outcome::reporting({word(number(object.type)), word(held->rights),
                               is_authority(object.type) ? Word{} : name_of(&object), word(detail_of(*held)),
                               word(size_of(object)), word(system.depth(*held)), name_of(slot), before(system, *held)});
}

}  // namespace

// --- Slots ---------------------------------------------------------------------------------------------------

Outcome inspect::table_slot(System& system, const Call& call) {
    const uint64_t index = call.words[0];
    if (index >= call.object().slots) return Outcome::refused(ErrorCode::index_out_of_range, 1, index);
    return slot_report(system, {&call.object(), index});
}

Outcome inspect::task_slot(System& system, const Call& call) {
    return slot_report(system, {&call.object(), call.words[0]});
}

Outcome inspect::thread_slot(System& system, const Call& call) {
    return slot_report(system, {&call.object(), call.words[0]});
}

Outcome inspect::handler_slot(System& system, const Call& call) { return slot_report(system, {&call.object(), 0}); }

// --- Objects -------------------------------------------------------------------------------------------------

Outcome inspect::thread(System& /*system*/, const Call& call) {
    const Thread& thread = call.object().thread;
    return Outcome::reporting({word(static_cast<uint64_t>(state(call.object()))),
                               word(thread.stopped ? 1 : 0),
                               word(thread.priority),
                               word(thread.maximum),
                               word(thread.floating_point),
                               name_of(thread.context),
                               name_of(thread.notification),
                               {}});
}

Outcome inspect::sched_context(System& /*system*/, const Call& call) {
    // One core, and no time passes.
    const Context& context = call.object().context;
    return Outcome::reporting({word(context.budget), word(context.period), word(context.refills),
                               word(context.budget != 0 ? 0 : none), name_of(context.thread), word(0)});
}

Outcome inspect::untyped(System& /*system*/, const Call& call) {
    const Object& memory = call.object();
    return Outcome::reporting({word(memory.base), word(memory.bytes / 4096),
                               word(call.self->children.empty() ? 0 : memory.used), word(memory.device ? 1 : 0)});
}

Outcome inspect::frame(System& /*system*/, const Call& call) {
    const Object& memory = call.object();
    std::vector<Word> report{word(memory.base), word(memory.bytes), word(memory.device ? 1 : 0), {}, {}, {}, {}};
    if (const Object* table = call.self->mapped_in; table != nullptr) {
        const Entry& entry = table->pages.entries.at(call.self->mapped_entry);
        const Mapped mapped = mapped_at(*call.self);
        report[3] = name_of(mapped.space);
        report[4] = word(mapped.address);
        report[5] = word(entry.rights);
        report[6] = word(entry.kind);
    }
    return Outcome::reporting(report);
}

Outcome inspect::address_space(System& /*system*/, const Call& call) {
    const Object* table = &call.object();
    for (;;) {
        const unsigned level = table->pages.level;
        const auto index = static_cast<unsigned>(call.words[0] >> (12 + 9 * (3 - level)) & 511);
        const auto entry = table->pages.entries.find(index);
        if (entry == table->pages.entries.end())
            return Outcome::reporting({word(level), name_of(table), {}, {}, {}, {}});
        const auto& [slot, next] = *entry;
        if (next.table != nullptr) {
            table = next.table;
            continue;
        }
        return Outcome::reporting({word(level), name_of(table), name_of(next.frame->object), name_of(next.frame->place),
                                   word(next.rights), word(next.kind)});
    }
}

Outcome inspect::interrupt_handler(System& system, const Call& call) {
    const Handler& handler = call.object().handler;
    const auto trigger = handler.line != 0 ? system.lines[handler.line].trigger : abi::Trigger::level;
    return Outcome::reporting({word(handler.line), word(static_cast<uint64_t>(trigger)), word(handler.active ? 1 : 0)});
}

/// Nobody calls in this model.
Outcome inspect::reply(System&, const Call&) { return Outcome::reporting({word(0)}); }

}  // namespace selene::model
