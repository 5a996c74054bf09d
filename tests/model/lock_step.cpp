// SPDX-License-Identifier: BSD-2-Clause
// Doing operations on both sides, and comparing.
#include "lock_step.hpp"

#include <sstream>

#include "object/frame.hpp"
#include "object/untyped.hpp"
#include "talk.hpp"

namespace selene::model {

namespace {

using Kind = Operation::Kind;
using test::cap;
namespace stub = sel::stub;

constexpr uint64_t playground_pages = 12;

template <class Value>
Outcome outcome_of(const sel::Result<Value>& result) {
    if (result) {
        if constexpr (std::is_void_v<Value>)
            return {};
        else
            return {.done = static_cast<uint64_t>(*result)};
    }
    const sel::Error& error = result.error();
    return {static_cast<uint64_t>(error.code), error.details[0], error.details[1], error.done};
}

Outcome outcome_of(const sel::Registers& out) {
    if (!out.tag.error()) return {};
    return {out.x0, out.words[0], out.words[1], out.words[2]};
}

/// The type that a capability's holder does not show.
CapType plain_type(CapType type) {
    switch (type) {
    case CapType::installed_table: return CapType::cap_table;
    case CapType::installed_space: return CapType::address_space;
    case CapType::installed_endpoint: return CapType::endpoint;
    case CapType::installed_task: return CapType::task;
    case CapType::installed_buffer: return CapType::frame;
    default: return type;
    }
}

uint64_t base_of(const Slot& slot) {
    switch (plain_type(slot.type())) {
    case CapType::untyped: return Untyped(slot).base().value();
    case CapType::frame: return Frame(slot).base().value();
    default: return machine::physical(slot.object<void>()).value();
    }
}

uint64_t word_of(const Slot& slot) {
    const CapType type = plain_type(slot.type());
    return carries_badge(type) || type == CapType::cap_table ? slot.capability().word1() : 0;
}

}  // namespace

LockStep::LockStep(Preemption preemption)
    : preempted_(preemption == Preemption::at_every_poll),
      first_(world_.table().count() - playground_slots),
      receiver_(world_.spawn()),
      endpoint_(world_.make(ObjectType::endpoint)),
      model_(machine::physical(&world_.table()).value(), world_.table().count(), own_table_) {
    const uint64_t memory = world_.make(ObjectType::untyped, playground_pages);
    const uint64_t device = world_.info().untypeds[world_.info().untyped_count - 1].slot;
    REQUIRE(test::own_table().grant(
                {.first = first_, .source = test::own_table(), .source_first = memory, .count = 1}) == 1);
    REQUIRE(
        cap<stub::Untyped>(device)
            .retype(
                {.type = ObjectType::untyped, .size = 4, .count = 1, .table = test::own_table(), .first = first_ + 1})
            .has_value());
    for (const uint64_t index : {first_, first_ + 1}) {
        Slot& slot = world_.slot(index);
        const Untyped untyped(slot);
        model_.add_untyped(index,
                           {ObjectType::untyped, untyped.base().value(), untyped.bytes(), 0, untyped.device(), 0},
                           slot.capability().rights().mask(), slot.depth());
    }
    machine::simulated().preempt_every = preempted_ ? 1 : 0;
}

// --- Operations ----------------------------------------------------------------------------------------------

Outcome LockStep::deliver(const Operation& o) {
    test::buffer_of(receiver_).window = {o.other, o.first, o.count};
    test::as(world_, receiver_, [&] { return test::receive(endpoint_); });
    if (world_.running() == receiver_.object) {
        const Outcome refused = outcome_of(test::result(receiver_));
        test::back(world_);
        return refused;
    }
    test::back(world_);
    auto& buffer = *reinterpret_cast<abi::IpcBuffer*>(world_.first().buffer);
    for (size_t i = 0; i < o.items.size(); ++i) {
        const auto kind = o.items[i].grant ? abi::ItemKind::grant : abi::ItemKind::map;
        buffer.items[i] = abi::MessageItem::make(kind, o.items[i].index, o.items[i].rights, o.items[i].badge);
    }
    const Outcome outcome = outcome_of(test::send(endpoint_, {.items = static_cast<unsigned>(o.items.size())}));
    // Let the receiver go.
    if (outcome.refused()) test::send(endpoint_);
    return outcome;
}

Outcome LockStep::apply_to_kernel(const Operation& o) {
    const auto table = cap<stub::CapTable>(o.other);
    const auto frame = cap<stub::Frame>(o.other);
    switch (o.kind) {
    case Kind::retype:
        return outcome_of(cap<stub::Untyped>(o.self).retype({.type = static_cast<ObjectType>(o.type),
                                                             .size = o.size,
                                                             .count = o.count,
                                                             .table = table,
                                                             .first = o.first}));
    case Kind::map:
        return outcome_of(cap<stub::CapTable>(o.self).map({.first = o.first,
                                                           .source = table,
                                                           .source_first = o.from,
                                                           .count = o.count,
                                                           .rights = abi::RightsMask(o.rights),
                                                           .badge = o.badge}));
    case Kind::grant:
        return outcome_of(cap<stub::CapTable>(o.self).grant(
            {.first = o.first, .source = table, .source_first = o.from, .count = o.count}));
    case Kind::unmap:
        return outcome_of(cap<stub::CapTable>(o.self).unmap(
            {.first = o.first, .count = o.count, .root = static_cast<abi::KeepRoot>(o.where)}));
    case Kind::install:
        return outcome_of(
            cap<stub::Task>(o.self).install(static_cast<abi::TaskSlot>(o.where), cap<stub::Capability>(o.other)));
    case Kind::remove: return outcome_of(cap<stub::Task>(o.self).remove(static_cast<abi::TaskSlot>(o.where)));
    case Kind::bind_task: return outcome_of(cap<stub::Thread>(o.self).bind_task(cap<stub::Task>(o.other)));
    case Kind::set_buffer: return outcome_of(cap<stub::Thread>(o.self).set_buffer(frame, o.where));
    case Kind::deliver: return deliver(o);
    }
    return {};
}

std::optional<std::string> LockStep::step(const Operation& operation) {
    // An item may take away the capability by which the range is worked off. Then it matters whether a preempted call
    // looks that up again.
    const bool takes_away = operation.kind == Kind::unmap || operation.kind == Kind::grant;
    if (!preempted_ || !takes_away || operation.count == 1) return step_once(operation);
    Operation item = operation;
    item.count = 1;
    for (uint64_t i = 0; i < operation.count; ++i, ++item.first, ++item.from) {
        if (auto difference = step_once(item)) return difference;
    }
    return std::nullopt;
}

std::optional<std::string> LockStep::step_once(const Operation& operation) {
    if (cut_off_ || !is_meant(model_, operation)) return std::nullopt;
    const bool had_self = model_.at(operation.self) != nullptr;
    const Outcome expected = model::apply(model_, operation);
    const Outcome actual = last_ = apply_to_kernel(operation);
    // The same within one item: its capability goes, the call is preempted, and nothing repeats it. What is left of the
    // work waits for another unmap.
    cut_off_ = preempted_ && had_self && model_.at(operation.self) == nullptr;
    if (cut_off_) return std::nullopt;
    if (actual != expected) {
        std::ostringstream out;
        out << "the model says " << expected << ", the kernel " << actual;
        return out.str();
    }
    return compare_states();
}

// --- States --------------------------------------------------------------------------------------------------

uint64_t LockStep::address_of(const Place& place) {
    const uint64_t slot = place.index * sizeof(Slot);
    switch (place.holder->type) {
    case ObjectType::cap_table: return place.holder->base + sizeof(CapTable) + slot;
    case ObjectType::task: return place.holder->base + offsetof(Task, table_slot) + slot;
    default: return place.holder->base + offsetof(Thread, task_slot) + slot;
    }
}

std::optional<std::string> LockStep::compare(const Slot& slot, const Capability& expected) {
    const Object& object = *expected.object;
    const auto at = [&](const char* what, uint64_t should, uint64_t is) {
        std::ostringstream out;
        out << what << " of slot " << expected.place.index << " of the object at 0x" << std::hex
            << expected.place.holder->base << ": the model has 0x" << should << ", the kernel 0x" << is;
        return out.str();
    };
    const uint64_t type = static_cast<uint64_t>(plain_type(slot.type()));
    if (type != static_cast<uint64_t>(object.type)) return at("type", static_cast<uint64_t>(object.type), type);
    if (const uint64_t is = machine::physical(&slot).value(); is != address_of(expected.place))
        return at("place", address_of(expected.place), is);
    if (base_of(slot) != object.base) return at("object", object.base, base_of(slot));
    if (slot.capability().rights().mask() != expected.rights)
        return at("rights", expected.rights, slot.capability().rights().mask());
    if (word_of(slot) != expected.word) return at("badge", expected.word, word_of(slot));
    if (slot.origin() != expected.origin) return at("origin", expected.origin, slot.origin());
    if (slot.depth() != model_.depth(expected)) return at("depth", model_.depth(expected), slot.depth());
    if (slot.closing()) return at("closing", 0, 1);
    if (object.type == ObjectType::untyped) {
        const Untyped untyped(slot);
        if (untyped.bytes() != object.bytes) return at("size", object.bytes, untyped.bytes());
        if (slot.has_children() && untyped.watermark() != object.used)
            return at("memory in use", object.used, untyped.watermark());
    }
    return std::nullopt;
}

std::optional<std::string> LockStep::compare_below(Slot*& slot, const Capability& expected) {
    if (auto difference = compare(*slot, expected)) return difference;
    slot = slot->next();
    for (const Capability* child : expected.children) {
        if (auto difference = compare_below(slot, *child)) return difference;
    }
    return std::nullopt;
}

std::optional<std::string> LockStep::compare_states() {
    for (const Capability* root : model_.roots()) {
        auto* slot = machine::window<Slot>(PhysAddr(address_of(root->place)));
        const uint64_t depth = slot->depth();
        if (auto difference = compare_below(slot, *root)) return difference;
        if (slot != &world_.kernel().tree.anchor() && slot->depth() > depth) return "the kernel has more capabilities";
    }
    for (uint64_t i = first_; i < model_.slots(); ++i) {
        if (world_.slot(i).empty() != (model_.at(i) == nullptr))
            return "slot " + std::to_string(i) + " is free in one of the two only";
    }
    return std::nullopt;
}

// --- Sequences -----------------------------------------------------------------------------------------------

std::optional<std::string> run(const std::vector<Operation>& operations, Preemption preemption) {
    LockStep both(preemption);
    for (size_t i = 0; i < operations.size(); ++i) {
        try {
            if (auto difference = both.step(operations[i]))
                return "after " + std::to_string(i + 1) + ": " + *difference;
        } catch (const machine::Panic& panic) {
            return "in " + std::to_string(i + 1) + ": " + panic.what();
        }
    }
    return std::nullopt;
}

std::vector<Operation> shrink(std::vector<Operation> operations, Preemption preemption) {
    for (size_t length = operations.size() / 2; length > 0; length /= 2) {
        for (size_t at = 0; at + length <= operations.size();) {
            std::vector<Operation> shorter = operations;
            const auto from = shorter.begin() + static_cast<std::ptrdiff_t>(at);
            shorter.erase(from, from + static_cast<std::ptrdiff_t>(length));
            if (run(shorter, preemption)) {
                operations = std::move(shorter);
            } else {
                at += length;
            }
        }
    }
    return operations;
}

}  // namespace selene::model
