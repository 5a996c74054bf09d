// SPDX-License-Identifier: BSD-2-Clause
// The longest messages, and calls that find their capabilities through linked tables.
#include <sel/ipc_buffer.hpp>

#include "latency_operations.hpp"
#include "latency_sweep.hpp"

namespace bench {

namespace {

using abi::ObjectType;

/// A task whose table is the first of as many as a look-up may pass, and the slots of the last of them.
struct LinkedTask {
    static constexpr uint64_t slots = 16;  // of each table; they and a guard take 8 bits off an index

    sel::Task task;
    sel::CapTable last;

    [[nodiscard]] static sel::Result<LinkedTask> make(Stage& stage) {
        constexpr uint64_t guard_bits = 4;
        LinkedTask made;
        SEL_TRY(tables, stage.make(ObjectType::cap_table, slots, abi::table_links));
        // Each but the first goes into the slot 0 of the one before, with a guard of zeros.
        for (uint64_t table = 1; table < abi::table_links; table++) {
            SEL_TRY_VOID(put(sel::CapTable(tables + (table - 1)), 0, stage, tables + table, guard_bits));
        }
        const sel::CapIndex first = stage.slots(1);
        SEL_TRY_VOID(put(stage.table, first.raw(), stage, tables, guard_bits));
        SEL_TRY(task, stage.make<sel::Task>());
        SEL_TRY_VOID(task.install(abi::TaskSlot::table, sel::CapTable(first)));
        SEL_TRY_VOID(task.install(abi::TaskSlot::space, stage.space));
        made.task = task;
        made.last = sel::CapTable(tables + (abi::table_links - 1));
        return made;
    }

    /// Puts a child of what the stage's slot holds into a slot of a table.
    static sel::Result<void> put(sel::CapTable table, uint64_t slot, const Stage& stage, sel::CapIndex source,
                                 uint64_t badge = 0) {
        SEL_TRY_VOID(table.map({.first = slot,
                                .source = stage.table,
                                .source_first = source.raw(),
                                .count = 1,
                                .rights = abi::RightsMask(abi::all_rights),
                                .badge = badge}));
        return {};
    }
};

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t linked_table = 1;  // slots of the last table: a table, an endpoint, what is sent
constexpr uint64_t linked_endpoint = 2;
constexpr uint64_t linked_items = 4;

sel::IpcBuffer& buffer_at(uint64_t address) { return *reinterpret_cast<sel::IpcBuffer*>(address); }

/// Two threads of a linked task: one receives, the other sends once it is resumed.
sel::Result<void> sweep_message(Stage& stage) {
    sel::Thread sender;
    return sweep<"send.120_words_4_linked_items">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(linked, LinkedTask::make(stage));
            SEL_TRY(endpoint, stage.make(ObjectType::endpoint, 0, 1));
            SEL_TRY(things, stage.make(ObjectType::notification, 0, abi::message_items));
            SEL_TRY(window, stage.make(ObjectType::cap_table, LinkedTask::slots, 1));
            SEL_TRY_VOID(LinkedTask::put(linked.last, linked_table, stage, window));
            SEL_TRY_VOID(LinkedTask::put(linked.last, linked_endpoint, stage, endpoint));
            SEL_TRY_VOID(stage.hang_tables(stage.free_address, 2 * page_bytes));
            SEL_TRY(receivers, stage.map_page(stage.free_address));
            SEL_TRY(senders, stage.map_page(stage.free_address + page_bytes));
            buffer_at(stage.free_address).window = {.table = linked_table, .first = 0, .count = abi::message_items};
            for (uint64_t i = 0; i < abi::message_items; i++) {
                SEL_TRY_VOID(LinkedTask::put(linked.last, linked_items + i, stage, things + i));
                buffer_at(stage.free_address + page_bytes).items[i] =
                    sel::mapped_item(sel::CapIndex(linked_items + i), abi::RightsMask(abi::all_rights), 3);
            }
            SEL_TRY_VOID(stage.threads(1, Time::own, [&](uint64_t) {
                return Role{.act = Act::receive,
                            .argument0 = linked_endpoint,
                            .argument1 = abi::no_capability,
                            .buffer = receivers,
                            .task = linked.task};
            }));
            SEL_TRY(second, stage.threads(1, Time::own, [&](uint64_t) {
                return Role{
                    .act = Act::send,
                    .argument0 = linked_endpoint,
                    .argument1 = abi::Tag().with_length(abi::message_words).with_items(abi::message_items).raw(),
                    .buffer = senders,
                    .task = linked.task,
                    .begin = Begin::when_resumed};
            }));
            sender = sel::Thread(second);
            return {};
        },
        [&] { return sender.resume(); }, {.shots = 16});
}

/// A method that takes a table, called and given through linked tables.
sel::Result<void> sweep_method(Stage& stage) {
    constexpr uint64_t some = 8;
    sel::Thread caller;
    Registers registers;
    return sweep<"cap_table.map.linked">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(linked, LinkedTask::make(stage));
            SEL_TRY(things, stage.make(ObjectType::notification, 0, some));
            const uint64_t destination = stage.slots(some).raw();
            SEL_TRY_VOID(LinkedTask::put(linked.last, linked_table, stage, stage.table.index()));
            const auto tag = abi::Tag().with_label(static_cast<uint32_t>(abi::CapTableMethod::map)).with_length(6);
            registers = {linked_table, tag.raw(), destination, linked_table, things.raw(), some, abi::all_rights, 7};
            SEL_TRY(made, stage.threads(1, Time::own, [&](uint64_t) {
                return Role{.act = Act::invoke,
                            .argument0 = reinterpret_cast<uint64_t>(registers.data()),
                            .task = linked.task,
                            .begin = Begin::when_resumed};
            }));
            caller = sel::Thread(made);
            return {};
        },
        [&] { return caller.resume(); }, {.shots = 16});
}

}  // namespace

sel::Result<void> sweep_messages(Stage& stage) {
    SEL_TRY_VOID(sweep_message(stage));
    return sweep_method(stage);
}

}  // namespace bench
