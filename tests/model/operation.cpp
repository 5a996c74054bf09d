// SPDX-License-Identifier: BSD-2-Clause
// Choosing, applying and printing operations.
#include "operation.hpp"

#include <algorithm>
#include <sstream>

namespace selene::model {

namespace {

using Kind = Operation::Kind;

constexpr const char* names[] = {"retype", "map",       "grant",      "unmap",  "install",
                                 "remove", "bind_task", "set_buffer", "deliver"};

/// Draws the parts of one operation.
class Draw {
public:
    Draw(std::mt19937_64& random, const Model& model, const Playground& playground)
        : random_(random), model_(model), playground_(playground) {}

    uint64_t below(uint64_t end) { return random_() % end; }
    bool one_in(uint64_t n) { return below(n) == 0; }

    /// A slot: mostly one that holds a capability of this type, or else any, or one just beyond the table.
    uint64_t holding(ObjectType type) {
        if (!one_in(12)) {
            const auto slots = all([&](const Capability* it) { return it != nullptr && it->object->type == type; });
            if (!slots.empty()) return slots[below(slots.size())];
        }
        return any();
    }
    uint64_t occupied() { return fitting(playground_.own_table, Wanted::occupied); }

    uint64_t any() { return playground_.first + below(model_.slots() - playground_.first + 2); }

    /// A table, often the thread's own.
    uint64_t table() { return one_in(2) ? playground_.own_table : holding(ObjectType::cap_table); }
    enum class Wanted : uint8_t { free, occupied };
    /// A slot of the table that a capability names, mostly a fitting one.
    uint64_t fitting(uint64_t table, Wanted wanted) {
        const bool own = table == playground_.own_table;
        const Capability* capability = own ? nullptr : model_.at(table);
        const uint64_t end = own ? model_.slots() : capability != nullptr ? capability->object->slots : 2;
        std::vector<uint64_t> slots;
        for (uint64_t i = own ? playground_.first : 0; i < end && (own || capability != nullptr); ++i) {
            const Capability* held = own ? model_.at(i) : model_.in(*capability, i);
            if ((held != nullptr) == (wanted == Wanted::occupied)) slots.push_back(i);
        }
        if (!slots.empty() && !one_in(12)) return slots[below(slots.size())];
        return own ? any() : below(end + 1);
    }
    uint64_t count() { return one_in(3) ? 2 + below(3) : 1; }
    uint64_t rights() { return one_in(3) ? below(64) : abi::all_rights; }
    uint64_t badge(uint64_t source) {
        if (!one_in(3)) return 0;
        const Capability* capability = model_.at(source);
        const bool table = capability != nullptr && capability->object->type == ObjectType::cap_table;
        return table ? (below(4) << 6) + 2 : 1 + below(5);
    }

    /// Whether a range in the thread's own table includes what came from outside.
    [[nodiscard]] bool includes_root(uint64_t table, uint64_t first, uint64_t count) const {
        return table == playground_.own_table && std::ranges::any_of(model_.roots(), [&](const Capability* root) {
                   return root->place.index >= first && root->place.index < first + count;
               });
    }

private:
    template <class Fits>
    std::vector<uint64_t> all(const Fits& fits) {
        std::vector<uint64_t> slots;
        for (uint64_t i = playground_.first; i < model_.slots(); ++i) {
            if (fits(model_.at(i))) slots.push_back(i);
        }
        return slots;
    }

    std::mt19937_64& random_;
    const Model& model_;
    const Playground& playground_;
};

Operation draw_retype(Draw& draw) {
    constexpr struct {
        ObjectType type;
        uint64_t size;
    } kinds[] = {{ObjectType::untyped, 1},   {ObjectType::untyped, 3},          {ObjectType::cap_table, 2},
                 {ObjectType::cap_table, 5}, {ObjectType::endpoint, 0},         {ObjectType::notification, 0},
                 {ObjectType::task, 0},      {ObjectType::thread, 0},           {ObjectType::frame, 12},
                 {ObjectType::reply, 0},     {ObjectType::address_space, 0},    {ObjectType::sched_context, 3},
                 {ObjectType::frame, 21},    {ObjectType::power_control, 0},    {ObjectType::page_table, 0},
                 {ObjectType::task, 1},      {ObjectType::interrupt_handler, 0}};
    const auto& kind = kinds[draw.below(std::size(kinds))];
    Operation operation{.kind = Kind::retype, .self = draw.holding(ObjectType::untyped), .other = draw.table()};
    operation.first = draw.fitting(operation.other, Draw::Wanted::free);
    operation.count = draw.count();
    operation.type = static_cast<uint64_t>(kind.type);
    operation.size = kind.size;
    return operation;
}

Operation draw_move(Draw& draw, Kind kind) {
    Operation operation{.kind = kind, .self = draw.table(), .other = draw.table()};
    operation.first = draw.fitting(operation.self, Draw::Wanted::free);
    operation.from = draw.fitting(operation.other, Draw::Wanted::occupied);
    operation.count = draw.count();
    while (kind == Kind::grant && draw.includes_root(operation.other, operation.from, operation.count) &&
           !draw.one_in(50))
        operation.from = draw.fitting(operation.other, Draw::Wanted::occupied);
    if (kind == Kind::map) {
        operation.rights = draw.rights();
        operation.badge = draw.badge(operation.from);
    }
    return operation;
}

Operation draw_unmap(Draw& draw) {
    Operation operation{.kind = Kind::unmap, .self = draw.table()};
    operation.first = draw.fitting(operation.self, Draw::Wanted::occupied);
    operation.count = draw.count();
    // All that there is to play with goes with a root: seldom.
    operation.where =
        draw.includes_root(operation.self, operation.first, operation.count) && !draw.one_in(50) ? 0 : draw.below(2);
    return operation;
}

Operation draw_deliver(Draw& draw) {
    Operation operation{.kind = Kind::deliver, .other = draw.table()};
    operation.first = draw.fitting(operation.other, Draw::Wanted::free);
    operation.count = draw.below(6);
    const uint64_t items = draw.below(abi::message_items + 1);
    for (uint64_t i = 0; i < items; ++i) {
        const uint64_t index = draw.occupied();
        operation.items.push_back({draw.one_in(2), index, draw.rights(), draw.badge(index)});
    }
    return operation;
}

Operation draw_install(Draw& draw, Kind kind) {
    switch (kind) {
    case Kind::install: {
        constexpr ObjectType fitting[] = {ObjectType::cap_table, ObjectType::address_space, ObjectType::endpoint};
        const uint64_t where = draw.below(3);
        return {.kind = kind,
                .self = draw.holding(ObjectType::task),
                .other = draw.holding(fitting[where]),
                .where = where};
    }
    case Kind::remove: return {.kind = kind, .self = draw.holding(ObjectType::task), .where = draw.below(3)};
    case Kind::bind_task:
        return {.kind = kind, .self = draw.holding(ObjectType::thread), .other = draw.holding(ObjectType::task)};
    default:
        return {.kind = Kind::set_buffer,
                .self = draw.holding(ObjectType::thread),
                .other = draw.holding(ObjectType::frame),
                .where = draw.below(5) * abi::ipc_buffer_bytes};
    }
}

Operation draw_operation(Draw& draw) {
    constexpr Kind kinds[] = {Kind::retype,    Kind::retype,     Kind::retype, Kind::map,    Kind::map,
                              Kind::map,       Kind::grant,      Kind::grant,  Kind::unmap,  Kind::install,
                              Kind::bind_task, Kind::set_buffer, Kind::remove, Kind::deliver};
    const Kind kind = kinds[draw.below(std::size(kinds))];
    switch (kind) {
    case Kind::retype: return draw_retype(draw);
    case Kind::map:
    case Kind::grant: return draw_move(draw, kind);
    case Kind::unmap: return draw_unmap(draw);
    case Kind::deliver: return draw_deliver(draw);
    case Kind::install:
    case Kind::remove:
    case Kind::bind_task:
    case Kind::set_buffer: return draw_install(draw, kind);
    }
    return {};
}

}  // namespace

Operation random_operation(std::mt19937_64& random, const Model& model, const Playground& playground) {
    Draw draw(random, model, playground);
    for (;;) {
        const Operation operation = draw_operation(draw);
        // Calls of nothing are known soon.
        const bool of_nothing = model.at(operation.self) == nullptr && operation.kind != Kind::deliver;
        if (is_meant(model, operation) && (!of_nothing || draw.one_in(20))) return operation;
    }
}

bool is_meant(const Model& model, const Operation& operation) {
    const Capability* self = model.at(operation.self);
    if (self == nullptr || operation.kind == Kind::deliver) return true;
    switch (operation.kind) {
    case Kind::retype: return self->object->type == ObjectType::untyped;
    case Kind::map:
    case Kind::grant:
    case Kind::unmap: return self->object->type == ObjectType::cap_table;
    case Kind::install:
    case Kind::remove: return self->object->type == ObjectType::task;
    case Kind::bind_task:
    case Kind::set_buffer: return self->object->type == ObjectType::thread;
    case Kind::deliver: break;
    }
    return true;
}

Outcome apply(Model& model, const Operation& o) {
    switch (o.kind) {
    case Kind::retype:
        return model.retype(o.self, {.type = static_cast<ObjectType>(o.type),
                                     .size = o.size,
                                     .count = o.count,
                                     .table = o.other,
                                     .first = o.first});
    case Kind::map:
        return model.map(o.self, {.first = o.first,
                                  .source = o.other,
                                  .source_first = o.from,
                                  .count = o.count,
                                  .rights = o.rights,
                                  .badge = o.badge});
    case Kind::grant:
        return model.grant(o.self, {.first = o.first, .source = o.other, .source_first = o.from, .count = o.count});
    case Kind::unmap: return model.unmap(o.self, {.first = o.first, .count = o.count, .with_root = o.where == 1});
    case Kind::install: return model.install(o.self, o.where, o.other);
    case Kind::remove: return model.remove(o.self, o.where);
    case Kind::bind_task: return model.bind_task(o.self, o.other);
    case Kind::set_buffer: return model.set_buffer(o.self, o.other, o.where);
    case Kind::deliver: {
        const Model::Window window{.table = o.other, .first = o.first, .count = o.count};
        const Outcome opened = model.open_window(window);
        return opened.refused() ? opened : model.deliver(o.items, window);
    }
    }
    return {};
}

std::string as_source(const std::vector<Operation>& operations) {
    std::ostringstream out;
    for (const Operation& o : operations) {
        out << "{.kind = Kind::" << names[static_cast<unsigned>(o.kind)];
        const auto field = [&](const char* name, uint64_t value) {
            if (value != 0) out << ", ." << name << " = " << value;
        };
        field("self", o.self);
        field("other", o.other);
        field("first", o.first);
        field("from", o.from);
        field("count", o.count);
        field("type", o.type);
        field("size", o.size);
        field("rights", o.rights);
        field("badge", o.badge);
        field("where", o.where);
        if (!o.items.empty()) out << ", .items = {";
        for (const Item& item : o.items)
            out << "{" << item.grant << ", " << item.index << ", " << item.rights << ", " << item.badge << "},";
        out << (o.items.empty() ? "},\n" : "}},\n");
    }
    return out.str();
}

}  // namespace selene::model
