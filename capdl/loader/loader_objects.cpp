// SPDX-License-Identifier: BSD-2-Clause
// Making objects, and the capabilities that the system's tables hold.
#include "loader.hpp"

namespace capdl::loader {

namespace {

constexpr uint64_t page_bytes = 4096;

}  // namespace

bool Loader::make_placed() {
    bool has_all = true;
    for (const image::PlacedRecord& record : system_.placed()) {
        const auto address = devices_.address_of(record);
        const MachineMemory::Kind kind{static_cast<abi::ObjectType>(record.type), record.size};
        const uint64_t slot = slot_of(record.object);
        const auto made = address                ? memory_.make_at(kind, *address / page_bytes * page_bytes, slot)
                          : record.optional != 0 ? memory_.make(kind, 1, slot)
                                                 : sel::refused({abi::ErrorCode::argument_out_of_range});
        has_all = has_all && made.has_value();
    }
    return has_all;
}

void Loader::refuse_placed() {
    for (const image::PlacedRecord& record : system_.placed()) {
        const auto held = MachineMemory::own_table().inspect(slot_of(record.object));
        if (held && held->type != abi::ObjectType::empty) {
            continue;
        }
        if (const auto address = devices_.address_of(record)) {
            report_.print("loader: {} at physical address {:#x}: ", name(record.object), *address);
            report_.print("this machine has nothing there that is free\n");
        } else {
            report_.print("loader: {} needs the device `{}`, which this machine does not have\n", name(record.object),
                          system_.name(record.device));
        }
    }
}

/// The serial line's frame may be an object of the specification's; then the loader uses a child of that.
void Loader::open_report() {
    const auto page = serial_.address();
    if (!page) {
        return;
    }
    for (const image::PlacedRecord& record : system_.placed()) {
        const auto address = devices_.address_of(record);
        if (address && *address / page_bytes * page_bytes == *page &&
            record.type == static_cast<uint32_t>(abi::ObjectType::frame)) {
            serial_.open_through(slot_of(record.object));
            return;
        }
    }
    serial_.open();
}

bool Loader::make_runs() {
    for (const image::RunRecord& run : system_.runs()) {
        const MachineMemory::Kind kind{static_cast<abi::ObjectType>(run.type), run.size};
        const uint64_t slot = slot_of(run.first);
        sel::Result<void> made;
        if (run.untyped == image::none) {
            made = memory_.make(kind, run.count, slot);
        } else {
            const auto done = to<sel::Untyped>(run.untyped)
                                  .retype({.type = kind.type,
                                           .size = kind.size,
                                           .count = run.count,
                                           .table = MachineMemory::own_table(),
                                           .first = slot});
            made = done ? sel::Result<void>() : sel::refused(done.error());
        }
        if (!made) {
            return refuse("making", run.first, made.error());
        }
    }
    return true;
}

bool Loader::make_extras_and_capabilities() {
    const uint64_t first_extra = system_.objects().size();
    for (const auto& record : system_.records<image::CapabilityRecord>(image::SectionKind::capabilities)) {
        const bool is_extra = record.table == image::none;
        const sel::CapTable table = is_extra ? MachineMemory::own_table() : to<sel::CapTable>(record.table);
        const bool from_own = record.source_table == image::none;
        const auto done =
            table.map({.first = is_extra ? slot_of(first_extra + record.slot) : record.slot,
                       .source = from_own ? MachineMemory::own_table() : to<sel::CapTable>(record.source_table),
                       .source_first = from_own ? slot_of(record.source) : record.source,
                       .count = record.count,
                       .rights = abi::RightsMask(record.rights),
                       .badge = record.badge});
        if (!done) {
            return refuse("a capability", is_extra ? static_cast<uint32_t>(record.source) : record.table, done.error());
        }
    }
    return true;
}

}  // namespace capdl::loader
