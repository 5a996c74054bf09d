// SPDX-License-Identifier: BSD-2-Clause
// Rows of the group `kernel`: objects from untyped memory, and mappings.
#include "kernel_rows.hpp"
#include "measure.hpp"

namespace bench {

namespace {

constexpr uint64_t small_frame_bits = 12;
constexpr uint64_t large_frame_bits = 21;
constexpr uint64_t small_frame_bytes = uint64_t{1} << small_frame_bits;
constexpr uint64_t entries = 512;  // of a page table

/// Measures the retype of these objects, made one after the other into as many slots.
template <RowName row>
sel::Result<void> measure_retype_of(const Holdings& holdings, abi::ObjectType type, uint64_t size = 0) {
    SEL_TRY_VOID(
        measure<row>([&](uint64_t run) { return holdings.make({.type = type, .size = size}, holdings.empty + run); }));
    SEL_TRY_VOID(holdings.clear_slots(usual.all()));
    return {};
}

/// Measures the retype of these objects, made in the same place each time.
template <RowName row>
sel::Result<void> measure_repeated_retype_of(const Holdings& holdings, const Objects& objects) {
    SEL_TRY_VOID(measure<row>([&](uint64_t) { return holdings.clear_slots(objects.count); },
                              [&](uint64_t) { return holdings.make(objects, holdings.empty); }));
    SEL_TRY_VOID(holdings.clear_slots(objects.count));
    return {};
}

/// Frames for all that one page table maps, in consecutive slots, and the table in its place.
struct Frames {
    const Holdings& holdings;
    sel::CapIndex first;

    [[nodiscard]] sel::Result<uint64_t> map(uint64_t from, uint64_t count) const {
        return holdings.space.map({.frames = holdings.table,
                                   .first = (first + from).raw(),
                                   .count = count,
                                   .address = holdings.free_address + from * small_frame_bytes,
                                   .rights = abi::Right::read | abi::Right::write,
                                   .kind = abi::MemoryKind::normal});
    }
    [[nodiscard]] sel::Result<uint64_t> unmap(uint64_t from, uint64_t count) const {
        return holdings.space.unmap({.frames = holdings.table, .first = (first + from).raw(), .count = count});
    }
    /// Uses each mapping: one that is not there faults.
    void touch(uint64_t count) const {
        for (uint64_t frame = 0; frame < count; frame++) {
            *reinterpret_cast<volatile uint64_t*>(holdings.free_address + frame * small_frame_bytes) = frame;
        }
    }
};

}  // namespace

sel::Result<void> measure_retype(const Holdings& holdings) {
    SEL_TRY_VOID(measure_retype_of<"retype.endpoint">(holdings, abi::ObjectType::endpoint));
    SEL_TRY_VOID(measure_repeated_retype_of<"retype.endpoint.64">(
        holdings, {.type = abi::ObjectType::endpoint, .size = 0, .count = 64}));
    SEL_TRY_VOID(measure_retype_of<"retype.thread">(holdings, abi::ObjectType::thread));
    SEL_TRY_VOID(measure_retype_of<"retype.frame4k">(holdings, abi::ObjectType::frame, small_frame_bits));
    return measure_repeated_retype_of<"retype.frame2m">(
        holdings, {.type = abi::ObjectType::frame, .size = large_frame_bits, .count = 1});
}

sel::Result<void> measure_frames(const Holdings& holdings) {
    constexpr uint64_t leaf_level = 3;
    constexpr uint64_t tables = 2;
    const Frames frames{.holdings = holdings, .first = holdings.empty + tables};
    SEL_TRY_VOID(holdings.make({.type = abi::ObjectType::page_table, .count = tables}, holdings.empty));
    SEL_TRY_VOID(
        holdings.make({.type = abi::ObjectType::frame, .size = small_frame_bits, .count = entries}, frames.first));
    SEL_TRY(level, holdings.space.map_table(sel::PageTable(holdings.empty), holdings.free_address));
    if (level != leaf_level) {
        SEL_TRY_VOID(holdings.space.map_table(sel::PageTable(holdings.empty + 1), holdings.free_address));
    }
    SEL_TRY_VOID(measure<"frame.map">([&](uint64_t run) { return frames.map(run, 1); }));
    frames.touch(usual.all());
    SEL_TRY_VOID(measure<"frame.unmap">([&](uint64_t run) { return frames.unmap(run, 1); }));
    SEL_TRY_VOID(measure<"frame.map.512">([&](uint64_t) { return frames.unmap(0, entries); },
                                          [&](uint64_t) { return frames.map(0, entries); }));
    frames.touch(entries);
    SEL_TRY_VOID(holdings.clear_slots(tables + entries));
    return {};
}

}  // namespace bench
