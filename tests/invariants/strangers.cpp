// SPDX-License-Identifier: BSD-2-Clause
// Making strangers, and what they do.
#include "strangers.hpp"

#include <bit>

#include "abi/grammar.hpp"
#include "object/frame.hpp"
#include "object/page_table.hpp"

namespace selene::test {

namespace {

constexpr uint64_t page_address = Board::data_address;
constexpr uint64_t buffer_address = page_address + page_bytes;
constexpr uint64_t private_pages = 40;
constexpr unsigned page_bits = 12;

}  // namespace

Strangers::Strangers(uint64_t seed) : random_(seed) {
    shared_[0] = world_.make(ObjectType::endpoint);
    shared_[1] = world_.make(ObjectType::endpoint);
    shared_[2] = world_.make(ObjectType::notification);
    const auto own = cap<stub::Thread>(BootSlot::thread);
    REQUIRE(own.set_priority({.priority = 100, .maximum = 255, .authority = own}).has_value());
    for (unsigned i = 0; i < count; ++i) furnish(i);
    for (unsigned i = 0; i < count; ++i) {
        const auto thread = cap<stub::Thread>(actors_[i].thread);
        REQUIRE(thread.set_priority({.priority = 50, .maximum = 50, .authority = own}).has_value());
        world_.start(actors_[i]);
    }
    REQUIRE(own.set_priority({.priority = 50, .maximum = 255, .authority = own}).has_value());
}

void Strangers::give(unsigned number, Own where, uint64_t slot) {
    REQUIRE(cap<stub::CapTable>(tables_[number])
                .map({.first = where,
                      .source = own_table(),
                      .source_first = slot,
                      .count = 1,
                      .rights = every_right,
                      .badge = 0})
                .has_value());
}

void Strangers::share(unsigned number, Own where, uint64_t slot, uint64_t badge) {
    REQUIRE(cap<stub::CapTable>(tables_[number])
                .map({.first = where,
                      .source = own_table(),
                      .source_first = slot,
                      .count = 1,
                      .rights = every_right,
                      .badge = badge})
                .has_value());
}

/// An index is then, from the top: one bit of guard, one that chooses a slot of the root, 56 of guard, 6 for the slot.
void Strangers::link(unsigned number) {
    constexpr uint64_t root_guard_bits = 1;
    constexpr uint64_t leaf_guard_bits = 64 - root_guard_bits - 1 - std::countr_zero(slots);
    const uint64_t root = world_.make(ObjectType::cap_table, 2);
    REQUIRE(cap<stub::CapTable>(root)
                .map({.first = 0,
                      .source = own_table(),
                      .source_first = tables_[number],
                      .count = 1,
                      .rights = every_right,
                      .badge = leaf_guard_bits})
                .has_value());
    const auto guarded = cap<stub::CapTable>(world_.derive(root, every_right, root_guard_bits));
    REQUIRE(cap<stub::Task>(actors_[number].task).install(abi::TaskSlot::table, guarded).has_value());
    REQUIRE(!actors_[number].object->task->has_flat_table());
}

void Strangers::furnish(unsigned number) {
    Actor& actor = actors_[number] = world_.spawn({.priority = 50, .started = false});
    tables_[number] = world_.make(ObjectType::cap_table, slots);
    const auto task_cap = cap<stub::Task>(actor.task);
    REQUIRE(task_cap.remove(abi::TaskSlot::table).has_value());
    if (number + 1 == count) {
        link(number);
    } else {
        REQUIRE(task_cap.install(abi::TaskSlot::table, cap<stub::CapTable>(tables_[number])).has_value());
    }
    const uint64_t memory = world_.make(ObjectType::untyped, private_pages);
    const uint64_t page_slot = world_.make(ObjectType::frame, page_bits);
    const auto space_cap = cap<stub::AddressSpace>(actor.space);
    uint64_t lowest_table = 0;
    for (unsigned level = 2; level <= 3; ++level) {
        lowest_table = world_.make(ObjectType::page_table);
        REQUIRE(
            space_cap.map_table(cap<stub::PageTable>(lowest_table), page_address & ~uint64_t{0x1f'ffff}).has_value());
    }
    const std::pair<uint64_t, uint64_t> mapped[] = {{page_slot, page_address}, {actor.buffer, buffer_address}};
    for (const auto& [frame, address] : mapped) {
        REQUIRE(space_cap
                    .map({.frames = own_table(),
                          .first = frame,
                          .count = 1,
                          .address = address,
                          .rights = Right::read | Right::write,
                          .kind = abi::MemoryKind::normal})
                    .has_value());
        auto* words = machine::window<uint64_t>(Frame(world_.slot(frame)).base());
        for (uint64_t i = 0; i < telling_words; ++i) words[page_bytes / sizeof(uint64_t) - 1 - i] = telling_word();
    }
    for (uint64_t& word : actor.object->preserved) word = telling_word();
    const std::pair<Own, uint64_t> own[] = {
        {table, tables_[number]},
        {space, actor.space},
        {task, actor.task},
        {thread, actor.thread},
        {context, actor.context},
        {untyped, memory},
        {page, page_slot},
        {buffer, actor.buffer},
        {page_table, lowest_table},
        {notification, world_.make(ObjectType::notification)},
        {reply, world_.make(ObjectType::reply)},
    };
    for (const auto& [where, slot] : own) give(number, where, slot);
    share(number, first_endpoint, shared_[0], telling_word());
    share(number, second_endpoint, shared_[1], 0);
    share(number, static_cast<Own>(first_empty), shared_[2], number + 1);
}

unsigned Strangers::running() {
    for (unsigned i = 0; i < count; ++i) {
        if (world_.running() == actors_[i].object) return i;
    }
    return count;
}

/// A slot that holds a capability of a type, else any.
uint64_t Strangers::slot_with(CapTable& table, ObjectType type) {
    for (unsigned tries = 0; tries < 2 * slots; ++tries) {
        const uint64_t index = below(table.count());
        if (table.slots()[index].type() == cap_type(type)) return index;
    }
    return below(table.count() + 2);
}

Registers Strangers::random_invocation(CapTable& table) {
    namespace grammar = abi::grammar;
    const grammar::Method& method = grammar::methods[below(std::size(grammar::methods))];
    Message message{.length = static_cast<unsigned>(method.arguments.size()), .label = method.number};
    for (unsigned i = 0; i < abi::register_words; ++i) {
        uint64_t& word = message.words[i];
        if (i >= method.arguments.size()) {
            word = i + 1 < abi::register_words ? telling_word() : 0;
            continue;
        }
        const grammar::Argument& argument = method.arguments[i];
        switch (argument.kind) {
        case grammar::ArgumentKind::capability: word = slot_with(table, argument.object); break;
        case grammar::ArgumentKind::index: word = below(table.count() + 1); break;
        case grammar::ArgumentKind::rights: word = below(64); break;
        case grammar::ArgumentKind::address: word = page_address + below(8) * page_bytes; break;
        default:
            word = argument.minimum + below(below(2) == 0 ? 4 : 64);
            word -= word % argument.alignment;
            if (word > argument.maximum) word = argument.maximum;
            break;
        }
    }
    return call(slot_with(table, method.object), message);
}

Registers Strangers::random_talk() {
    Message message{.length = static_cast<unsigned>(below(24)), .label = static_cast<uint32_t>(below(3))};
    for (uint64_t& word : message.words) word = telling_word();
    abi::IpcBuffer* buffer = nullptr;
    if (world_.running()->buffer != nullptr) {
        buffer = reinterpret_cast<abi::IpcBuffer*>(world_.running()->buffer);
        message.items = static_cast<unsigned>(below(3));
        for (unsigned i = 0; i < message.items; ++i) {
            buffer->items[i] = abi::MessageItem::make(static_cast<abi::ItemKind>(below(2)), below(slots), below(64), 0);
        }
        buffer->window = {table, first_empty + 1 + below(slots - first_empty), below(5)};
        for (unsigned i = 0; i < 16; ++i) buffer->words[i] = telling_word();
    } else if (message.length > abi::register_words) {
        message.length = abi::register_words;
    }
    const uint64_t endpoint = below(2) == 0 ? first_endpoint : second_endpoint;
    switch (below(10)) {
    case 0:
    case 1: return call(endpoint, message);
    case 2: return send(endpoint, message);
    case 3: return try_send(endpoint, message);
    case 4: return receive(endpoint, reply);
    case 5: return try_receive(endpoint, reply);
    case 6:
    case 7: return reply_receive(endpoint, reply, message);
    case 8: return send(reply, message);
    default: return below(2) == 0 ? signal(first_empty) : poll(first_empty);
    }
}

bool Strangers::act() {
    Thread& thread = *world_.running();
    const Slot& slot = thread.task->table_slot;
    if (slot.empty()) return !talk(SystemCall::yield, 0).tag.error();
    const bool flat = thread.task->table != nullptr;
    const Registers out =
        below(2) == 0 ? random_talk() : random_invocation(flat ? *slot.object<CapTable>() : table_of(count - 1));
    return !out.tag.error();
}

void Strangers::rescue() {
    if (below(3) != 0) {
        talk(SystemCall::yield, 0);
        return;
    }
    switch (below(6)) {
    case 0: try_send(shared_[below(2)]); break;
    case 1: signal(shared_[2]); break;
    case 2: world_.pass(machine::SimulatedMachine::frequency / 50); break;
    case 3: (void)cap<stub::Thread>(actors_[below(count)].thread).resume(); break;
    default: {
        // Whoever waits at an endpoint is told that it is gone.
        const unsigned which = static_cast<unsigned>(below(2));
        (void)own_table().unmap({.first = shared_[which], .count = 1, .root = abi::KeepRoot::self});
        REQUIRE(world_.memory()
                    .retype({.type = ObjectType::endpoint,
                             .size = 0,
                             .count = 1,
                             .table = own_table(),
                             .first = shared_[which]})
                    .has_value());
        for (unsigned i = 0; i < count; ++i) {
            const uint64_t index = which == 0 ? first_endpoint : second_endpoint;
            if (!world_.slot(tables_[i]).empty() && table_of(i).slots()[index].empty())
                share(i, static_cast<Own>(index), shared_[which], which == 0 ? telling_word() : 0);
        }
        break;
    }
    }
}

}  // namespace selene::test
