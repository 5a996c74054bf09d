// SPDX-License-Identifier: BSD-2-Clause
// Operations on untyped memory, frames and address spaces.
#include "latency_operations.hpp"
#include "latency_sweep.hpp"

namespace bench {

namespace {

using abi::KeepRoot;
using abi::MemoryKind;
using abi::ObjectType;

constexpr uint64_t page_bits = 12;
constexpr uint64_t large_bits = 21;
constexpr uint64_t giant_bits = 30;
constexpr uint64_t entries = 512;  // of a page table

template <RowName row>
sel::Result<void> sweep_retype(Stage& stage, ObjectType type, uint64_t size, uint64_t count, Extent extent = {}) {
    return sweep<row>(
        stage, []() -> sel::Result<void> { return {}; },
        [&stage, type, size, count] { return stage.make(type, size, count); }, extent);
}

sel::Result<void> sweep_retypes(Stage& stage) {
    constexpr uint64_t many = 1000;
    SEL_TRY_VOID(sweep_retype<"untyped.retype.endpoints">(stage, ObjectType::endpoint, 0, many));
    SEL_TRY_VOID(sweep_retype<"untyped.retype.threads">(stage, ObjectType::thread, 0, many));
    SEL_TRY_VOID(sweep_retype<"untyped.retype.tables">(stage, ObjectType::cap_table, 1, many));
    SEL_TRY_VOID(sweep_retype<"untyped.retype.large_table">(stage, ObjectType::cap_table, 65536, 1));
    SEL_TRY_VOID(sweep_retype<"untyped.retype.untypeds">(stage, ObjectType::untyped, 1, many));
    SEL_TRY_VOID(sweep_retype<"untyped.retype.spaces">(stage, ObjectType::address_space, 0, 200));
    SEL_TRY_VOID(sweep_retype<"untyped.retype.frames_4k">(stage, ObjectType::frame, page_bits, many));
    return sweep_retype<"untyped.retype.frame_2m">(stage, ObjectType::frame, large_bits, 1);
}

/// Frames of one size and where they go.
struct Frames {
    Stage& stage;
    uint64_t size_bits;
    uint64_t count;
    sel::CapIndex first;

    sel::Result<void> make() {
        SEL_TRY(made, stage.make(ObjectType::frame, size_bits, count));
        first = made;
        return stage.hang_tables(stage.free_address, count << size_bits, size_bits);
    }
    [[nodiscard]] sel::Result<uint64_t> map(MemoryKind kind) const {
        return stage.space.map({.frames = stage.table,
                                .first = first.raw(),
                                .count = count,
                                .address = stage.free_address,
                                .rights = abi::Right::read | abi::Right::write,
                                .kind = kind});
    }
    [[nodiscard]] sel::Result<void> make_and_map() {
        SEL_TRY_VOID(make());
        SEL_TRY_VOID(map(MemoryKind::normal));
        return {};
    }
    [[nodiscard]] sel::Result<uint64_t> unmap() const {
        return stage.space.unmap({.frames = stage.table, .first = first.raw(), .count = count});
    }
    [[nodiscard]] sel::Result<uint64_t> protect() const {
        return stage.space.protect(
            {.frames = stage.table, .first = first.raw(), .count = count, .rights = abi::Right::read});
    }
};

sel::Result<void> sweep_small_mappings(Stage& stage) {
    Frames frames{.stage = stage, .size_bits = page_bits, .count = entries + 88, .first = {}};
    SEL_TRY_VOID(sweep<"address_space.map.4k">(
        stage, [&] { return frames.make(); }, [&] { return frames.map(MemoryKind::normal); }));
    SEL_TRY_VOID(sweep<"address_space.map.4k_uncached">(
        stage, [&] { return frames.make(); }, [&] { return frames.map(MemoryKind::uncached); }));
    SEL_TRY_VOID(sweep<"address_space.protect.4k">(
        stage, [&] { return frames.make_and_map(); }, [&] { return frames.protect(); }));
    SEL_TRY_VOID(
        sweep<"address_space.unmap.4k">(stage, [&] { return frames.make_and_map(); }, [&] { return frames.unmap(); }));
    SEL_TRY_VOID(sweep<"cap_table.grant.mapped">(
        stage, [&] { return frames.make_and_map(); },
        [&] {
            return stage.table.grant({.first = stage.slots(frames.count).raw(),
                                      .source = stage.table,
                                      .source_first = frames.first.raw(),
                                      .count = frames.count});
        }));
    constexpr uint64_t pages = 1000;
    sel::CapIndex untyped;
    return sweep<"cap_table.unmap.of_mapped_frames">(
        stage,
        [&]() -> sel::Result<void> {
            SEL_TRY(made, stage.make_from_new_untyped(pages));
            untyped = made;
            SEL_TRY(first, stage.make(ObjectType::frame, page_bits, frames.count));
            stage.source = stage.memory;
            frames.first = first;
            SEL_TRY_VOID(stage.hang_tables(stage.free_address, frames.count << page_bits));
            SEL_TRY_VOID(frames.map(MemoryKind::normal));
            return {};
        },
        [&] { return stage.unmap(untyped, 1, KeepRoot::descendants); });
}

sel::Result<void> sweep_large_mappings(Stage& stage) {
    Frames frames{.stage = stage, .size_bits = large_bits, .count = 4, .first = {}};
    SEL_TRY_VOID(sweep<"address_space.map.2m">(
        stage, [&] { return frames.make(); }, [&] { return frames.map(MemoryKind::normal); }, {.shots = 3}));
    SEL_TRY_VOID(sweep<"address_space.map.2m_uncached">(
        stage, [&] { return frames.make(); }, [&] { return frames.map(MemoryKind::uncached); }, {.shots = 3}));
    Frames giant{.stage = stage, .size_bits = giant_bits, .count = 1, .first = {}};
    SEL_TRY_VOID(sweep<"address_space.map.new_1g_uncached">(
        stage,
        [&]() -> sel::Result<void> {
            stage.source = stage.giant;
            return {};
        },
        [&]() -> sel::Result<uint64_t> {
            SEL_TRY_VOID(giant.make());
            return giant.map(MemoryKind::uncached);
        },
        {.first = 5000, .shots = 1}));
    return sweep<"address_space.unmap.2m">(
        stage, [&] { return frames.make_and_map(); }, [&] { return frames.unmap(); }, {.shots = 3});
}

sel::Result<void> sweep_maintenance(Stage& stage) {
    sel::Frame frame;
    const auto make = [&]() -> sel::Result<void> {
        SEL_TRY(made, stage.make(ObjectType::frame, large_bits, 1));
        frame = sel::Frame(made);
        return {};
    };
    const auto maintain = [&frame](abi::CacheOperation operation) {
        return [&frame, operation] {
            return frame.maintain({.operation = operation, .offset = 0, .bytes = uint64_t{1} << large_bits});
        };
    };
    constexpr Extent extent{.shots = 6};
    SEL_TRY_VOID(sweep<"frame.maintain.clean">(stage, make, maintain(abi::CacheOperation::clean), extent));
    SEL_TRY_VOID(
        sweep<"frame.maintain.clean_invalidate">(stage, make, maintain(abi::CacheOperation::clean_invalidate), extent));
    return sweep<"frame.maintain.make_executable">(stage, make, maintain(abi::CacheOperation::make_executable), extent);
}

/// Page tables whose ends are long: full of frames, full of tables, cut off.
sel::Result<void> sweep_page_tables(Stage& stage) {
    constexpr uint64_t leaf_bytes = entries << page_bits;
    Frames frames{.stage = stage, .size_bits = page_bits, .count = entries, .first = {}};
    sel::CapIndex leaf;
    const auto make_leaf = [&]() -> sel::Result<void> {
        SEL_TRY_VOID(frames.make_and_map());
        // The table that was made last maps the frames.
        leaf = stage.slots(0) + ~uint64_t{0};
        return {};
    };
    SEL_TRY_VOID(sweep<"cap_table.unmap.full_page_table">(stage, make_leaf,
                                                          [&] { return stage.unmap(leaf, 1, KeepRoot::self); }));

    sel::CapIndex upper;
    SEL_TRY_VOID(sweep<"cap_table.unmap.full_upper_table">(
        stage,
        [&]() -> sel::Result<void> {
            upper = stage.slots(0);
            return stage.hang_tables(stage.free_address, entries * leaf_bytes);
        },
        [&] { return stage.unmap(upper, 1, KeepRoot::self); }, {.shots = 8}));
    SEL_TRY_VOID(sweep<"address_space.map_table.cut_off">(
        stage,
        [&]() -> sel::Result<void> {
            upper = stage.slots(0) + frames.count;
            SEL_TRY_VOID(make_leaf());
            SEL_TRY_VOID(stage.unmap(upper, 1, KeepRoot::self));
            SEL_TRY(other, stage.make(ObjectType::page_table, 0, 1));
            SEL_TRY_VOID(stage.space.map_table(sel::PageTable(other), stage.free_address));
            return {};
        },
        [&] { return stage.space.map_table(sel::PageTable(leaf), stage.free_address); }));

    // A space of its own, with a frame at each of many addresses.
    sel::CapIndex space;
    return sweep<"cap_table.unmap.space">(
        stage,
        [&]() -> sel::Result<void> {
            constexpr uint64_t uppers = 200;
            SEL_TRY(made, stage.make(ObjectType::address_space, 0, 1));
            SEL_TRY(tables, stage.make(ObjectType::page_table, 0, uppers));
            space = made;
            for (uint64_t i = 0; i < uppers; i++) {
                SEL_TRY_VOID(sel::AddressSpace(made).map_table(sel::PageTable(tables + i), i << 30));
            }
            return {};
        },
        [&] { return stage.unmap(space, 1, KeepRoot::self); }, {.shots = 8});
}

}  // namespace

sel::Result<void> sweep_memory(Stage& stage) {
    SEL_TRY_VOID(sweep_retypes(stage));
    SEL_TRY_VOID(sweep_small_mappings(stage));
    SEL_TRY_VOID(sweep_large_mappings(stage));
    SEL_TRY_VOID(sweep_maintenance(stage));
    return sweep_page_tables(stage);
}

}  // namespace bench
