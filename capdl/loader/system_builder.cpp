// SPDX-License-Identifier: BSD-2-Clause
// Objects, capabilities, address spaces.
#include "system_builder.hpp"

namespace capdl::loader {

Outcome SystemBuilder::make_run(const image::RunRecord& run, sel::Untyped untyped) const {
    const auto done = untyped.retype({.type = static_cast<abi::ObjectType>(run.type),
                                      .size = run.size,
                                      .count = run.count,
                                      .table = means_.table,
                                      .first = slot_of(run.first)});
    return done ? Outcome() : std::unexpected(Refusal{"making", run.first, done.error()});
}

Outcome SystemBuilder::make_capabilities() const {
    const uint64_t first_extra = system_.objects().size();
    for (const auto& record : system_.records<image::CapabilityRecord>(image::SectionKind::capabilities)) {
        const bool is_extra = record.table == image::none;
        const sel::CapTable table = is_extra ? means_.table : to<sel::CapTable>(record.table);
        const bool from_own = record.source_table == image::none;
        const auto done = table.map({.first = is_extra ? slot_of(first_extra + record.slot) : record.slot,
                                     .source = from_own ? means_.table : to<sel::CapTable>(record.source_table),
                                     .source_first = from_own ? slot_of(record.source) : record.source,
                                     .count = record.count,
                                     .rights = abi::RightsMask(record.rights),
                                     .badge = record.badge});
        if (!done) {
            const uint32_t object = is_extra ? static_cast<uint32_t>(record.source) : record.table;
            return std::unexpected(Refusal{"a capability", object, done.error()});
        }
    }
    return {};
}

Outcome SystemBuilder::hang_tables() const {
    for (const auto& record : system_.records<image::TableRecord>(image::SectionKind::tables)) {
        const auto done =
            to<sel::AddressSpace>(record.space).map_table(to<sel::PageTable>(record.table), record.address);
        if (!done) {
            return std::unexpected(Refusal{"a page table", record.space, done.error()});
        }
    }
    return {};
}

Outcome SystemBuilder::map_frames() const {
    for (const auto& record : system_.records<image::MappingRecord>(image::SectionKind::mappings)) {
        const auto done = to<sel::AddressSpace>(record.space)
                              .map({.frames = means_.table,
                                    .first = slot_of(record.first),
                                    .count = record.count,
                                    .address = record.address,
                                    .rights = abi::RightsMask(record.rights),
                                    .kind = static_cast<abi::MemoryKind>(record.kind)});
        if (!done) {
            return std::unexpected(Refusal{"a mapping", record.space, done.error()});
        }
    }
    return {};
}

// As many neighbouring frames as the window takes at once.
size_t SystemBuilder::fills_at_once(size_t first) const {
    const auto fills = system_.fills();
    const uint32_t first_frame = fills[first].frame;
    const auto size_bits = system_.frame_size_bits(first_frame);
    const uint64_t capacity = Window::capacity(*size_bits);
    size_t end = first;
    uint32_t last_frame = first_frame;
    while (end < fills.size() && fills[end].frame <= last_frame + 1 && fills[end].frame - first_frame < capacity &&
           system_.frame_size_bits(fills[end].frame) == size_bits) {
        last_frame = fills[end++].frame;
    }
    return end;
}

Outcome SystemBuilder::make_executable(std::span<const image::FillRecord> fills) const {
    for (const image::FillRecord& record : fills) {
        if (record.executable == 0) {
            continue;
        }
        const auto made = to<sel::Frame>(record.frame)
                              .maintain({.operation = abi::CacheOperation::make_executable,
                                         .offset = record.offset,
                                         .bytes = record.length});
        if (!made) {
            return std::unexpected(Refusal{"instructions", record.frame, made.error()});
        }
    }
    return {};
}

}  // namespace capdl::loader
