// SPDX-License-Identifier: BSD-2-Clause
// Making objects.
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
        if (run.untyped != image::none) {
            if (!done(builder_.make_run(run, to<sel::Untyped>(run.untyped)))) {
                return false;
            }
        } else if (const auto made =
                       memory_.make({static_cast<abi::ObjectType>(run.type), run.size}, run.count, slot_of(run.first));
                   !made) {
            return done(std::unexpected(Refusal{"making", run.first, made.error()}));
        }
    }
    return true;
}

bool Loader::issue_interrupts() {
    for (const auto& record : system_.records<image::InterruptRecord>(image::SectionKind::interrupts)) {
        const std::optional<uint64_t> line = devices_.line_of(record);
        if (!line && record.optional != 0) {
            continue;
        }
        if (!line) {
            report_.print("loader: {} needs an interrupt of the device `{}`, which this machine does not have\n",
                          name(record.handler), system_.name(record.device));
            return false;
        }
        if (!done(builder_.issue_interrupt(record, *line))) {
            return false;
        }
    }
    return true;
}

}  // namespace capdl::loader
