// SPDX-License-Identifier: BSD-2-Clause
// Making objects, and the capabilities that the system's tables hold.
#include "loader.hpp"

namespace capdl::loader {

namespace {

constexpr uint64_t page_bytes = 4096;

}  // namespace

std::optional<uint64_t> Loader::address_of(const image::PlacedRecord& record) const {
    if (record.device == image::none) {
        return record.address;
    }
    const auto registers = devices_.registers(system_.name(record.device), record.index);
    return registers ? std::optional(registers->base) : std::nullopt;
}

const image::PlacedRecord* Loader::make_placed() {
    for (const image::PlacedRecord& record : system_.placed()) {
        const auto address = address_of(record);
        const MachineMemory::Kind kind{static_cast<abi::ObjectType>(record.type), record.size};
        if (!address) {
            if (record.optional != 0 && memory_.make(kind, 1, slot_of(record.object))) {
                continue;
            }
            return &record;
        }
        const uint64_t page = *address / page_bytes * page_bytes;
        if (!memory_.make_at(kind, page, slot_of(record.object))) {
            return &record;
        }
    }
    return nullptr;
}

bool Loader::refuse_placed(const image::PlacedRecord& record) {
    if (const auto address = address_of(record)) {
        report_.print("loader: {} at physical address {:#x}: ", name(record.object), *address);
        report_.print("this machine has nothing there that is free\n");
    } else {
        report_.print("loader: {} needs the device `{}`, which this machine does not have\n", name(record.object),
                      system_.name(record.device));
    }
    return false;
}

/// The serial line's frame may be an object of the specification's already; then the loader uses a child of that.
void Loader::open_report() {
    if (info_.serial_bytes == 0) {
        return;
    }
    const uint64_t slot = memory_.take_slot();
    const uint64_t page = info_.serial_base / page_bytes * page_bytes;
    sel::Result<void> made = memory_.make_at({abi::ObjectType::frame, 12}, page, slot);
    for (const image::PlacedRecord& record : system_.placed()) {
        if (made) {
            break;
        }
        if (const auto address = address_of(record); address && *address / page_bytes * page_bytes == page) {
            const auto rights = abi::RightsMask(abi::Right::read) | abi::Right::write;
            const auto derived = memory_.own_table().map({.first = slot,
                                                          .source = memory_.own_table(),
                                                          .source_first = slot_of(record.object),
                                                          .count = 1,
                                                          .rights = rights,
                                                          .badge = 0});
            made = derived ? sel::Result<void>() : sel::refused(derived.error());
        }
    }
    if (!made) {
        return;  // no voice is no reason not to work
    }
    if (const auto address = window_.map_device(slot)) {
        report_.open({static_cast<selene::SerialKind>(info_.serial_kind), *address});
    }
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
                                           .table = memory_.own_table(),
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
        const sel::CapTable table = is_extra ? memory_.own_table() : to<sel::CapTable>(record.table);
        const bool from_own = record.source_table == image::none;
        const auto done = table.map({.first = is_extra ? slot_of(first_extra + record.slot) : record.slot,
                                     .source = from_own ? memory_.own_table() : to<sel::CapTable>(record.source_table),
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
