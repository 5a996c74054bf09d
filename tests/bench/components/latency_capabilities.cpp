// SPDX-License-Identifier: BSD-2-Clause
// Operations on capability tables and the derivation tree.
#include "latency_operations.hpp"
#include "latency_sweep.hpp"

namespace bench {

namespace {

using abi::KeepRoot;
using abi::ObjectType;

constexpr uint64_t many = 1000;  // capabilities in a range

sel::Result<void> sweep_ranges(Stage& stage) {
    sel::CapIndex sources;
    sel::CapIndex free;
    SEL_TRY_VOID(sweep<"cap_table.map">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(made, stage.make(ObjectType::notification, 0, many));
            sources = made;
            free = stage.slots(many);
            return {};
        },
        [&] {
            return stage.table.map({.first = free.raw(),
                                    .source = stage.table,
                                    .source_first = sources.raw(),
                                    .count = many,
                                    .rights = abi::Right::write,
                                    .badge = 5});
        }));
    SEL_TRY_VOID(sweep<"cap_table.grant">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(made, stage.make(ObjectType::notification, 0, many));
            sources = made;
            free = stage.slots(many);
            return {};
        },
        [&] {
            return stage.table.grant(
                {.first = free.raw(), .source = stage.table, .source_first = sources.raw(), .count = many});
        }));
    SEL_TRY_VOID(sweep<"cap_table.unmap.leaves">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(made, stage.make(ObjectType::notification, 0, many));
            sources = made;
            return {};
        },
        [&] { return stage.unmap(sources, many, KeepRoot::self); }));
    SEL_TRY_VOID(sweep<"cap_table.unmap.empty">(
        stage,
        [&]() -> sel::Result<void> {
            free = stage.slots(many);
            return {};
        },
        [&] { return stage.unmap(free, many, KeepRoot::self); }));
    return {};
}

sel::Result<void> sweep_trees(Stage& stage) {
    sel::CapIndex root;
    const auto unmap = [&] { return stage.unmap(root, 1, KeepRoot::self); };
    SEL_TRY_VOID(sweep<"cap_table.unmap.fan">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(made, stage.make(ObjectType::notification, 0, 1));
            root = made;
            SEL_TRY_VOID(stage.derive(root, many));
            return {};
        },
        unmap));
    SEL_TRY_VOID(sweep<"cap_table.unmap.chain">(
        stage,
        [&]() -> sel::Result<void> {
            constexpr uint64_t deepest = 200;
            SEL_TRY(made, stage.make(ObjectType::notification, 0, 1));
            root = made;
            for (uint64_t depth = 0; depth < deepest; depth++) {
                SEL_TRY_VOID(stage.derive(root + depth, 1));
            }
            return {};
        },
        unmap));
    return sweep<"cap_table.unmap.100000_wide">(stage,
                                                [&]() -> sel::Result<void> {
                                                    SEL_TRY(made, stage.make(ObjectType::notification, 0, 1));
                                                    root = made;
                                                    SEL_TRY_VOID(stage.derive(root, 100'000));
                                                    return {};
                                                },
                                                unmap, {.first = 5000, .shots = 1});
}

sel::Result<void> sweep_tables(Stage& stage) {
    sel::CapIndex root;
    const auto unmap = [&] { return stage.unmap(root, 1, KeepRoot::self); };
    SEL_TRY_VOID(sweep<"cap_table.unmap.empty_table">(stage,
                                                      [&]() -> sel::Result<void> {
                                                          SEL_TRY(made, stage.make(ObjectType::cap_table, 8192, 1));
                                                          root = made;
                                                          return {};
                                                      },
                                                      unmap, {.shots = 4}));
    // Each table holds the origin of the next.
    const auto link_tables = [&](uint64_t count) -> sel::Result<void> {
        SEL_TRY(made, stage.make(ObjectType::cap_table, 1, count));
        root = made;
        for (uint64_t table = count; table-- > 1;) {
            SEL_TRY_VOID(
                sel::CapTable(made + (table - 1))
                    .grant({.first = 0, .source = stage.table, .source_first = (made + table).raw(), .count = 1}));
        }
        return {};
    };
    SEL_TRY_VOID(sweep<"cap_table.unmap.table_chain">(stage, [&] { return link_tables(500); }, unmap));
    return sweep<"cap_table.unmap.100000_tables">(stage, [&] { return link_tables(100'000); }, unmap,
                                                  {.first = 5000, .shots = 1});
}

sel::Result<void> sweep_untypeds(Stage& stage) {
    sel::CapIndex root;
    const auto unmap = [&] { return stage.unmap(root, 1, KeepRoot::descendants); };
    constexpr uint64_t pages = 1200;
    const auto fill_with = [&](ObjectType type, uint64_t size, uint64_t count) {
        return [&stage, &root, type, size, count]() -> sel::Result<void> {
            SEL_TRY(untyped, stage.make_from_new_untyped(pages));
            root = untyped;
            SEL_TRY_VOID(stage.make(type, size, count));
            return {};
        };
    };
    SEL_TRY_VOID(sweep<"cap_table.unmap.of_endpoints">(stage, fill_with(ObjectType::endpoint, 0, many), unmap));
    SEL_TRY_VOID(sweep<"cap_table.unmap.of_frames">(stage, fill_with(ObjectType::frame, 12, many), unmap));
    SEL_TRY_VOID(sweep<"cap_table.unmap.of_threads">(stage, fill_with(ObjectType::thread, 0, many), unmap));
    SEL_TRY_VOID(sweep<"cap_table.unmap.of_tasks">(stage, fill_with(ObjectType::task, 0, many), unmap));
    SEL_TRY_VOID(
        sweep<"cap_table.unmap.of_page_tables">(stage, fill_with(ObjectType::page_table, 0, 100), unmap, {.shots = 8}));
    SEL_TRY_VOID(sweep<"cap_table.unmap.of_tables">(stage, fill_with(ObjectType::cap_table, 1, many), unmap));
    return sweep<"cap_table.unmap.of_contexts">(stage, fill_with(ObjectType::sched_context, 2, many), unmap);
}

}  // namespace

sel::Result<void> sweep_capabilities(Stage& stage) {
    SEL_TRY_VOID(sweep_ranges(stage));
    SEL_TRY_VOID(sweep_trees(stage));
    SEL_TRY_VOID(sweep_tables(stage));
    return sweep_untypeds(stage);
}

}  // namespace bench
