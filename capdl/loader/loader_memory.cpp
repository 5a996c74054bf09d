// SPDX-License-Identifier: BSD-2-Clause
// Address spaces and the contents of frames.
#include <algorithm>
#include <cstring>

#include "loader.hpp"

namespace capdl::loader {

bool Loader::hang_tables() {
    for (const auto& record : system_.records<image::TableRecord>(image::SectionKind::tables)) {
        const auto done =
            to<sel::AddressSpace>(record.space).map_table(to<sel::PageTable>(record.table), record.address);
        if (!done) {
            return refuse("a page table", record.space, done.error());
        }
    }
    return true;
}

bool Loader::map_frames() {
    for (const auto& record : system_.records<image::MappingRecord>(image::SectionKind::mappings)) {
        const auto done = to<sel::AddressSpace>(record.space)
                              .map({.frames = MachineMemory::own_table(),
                                    .first = slot_of(record.first),
                                    .count = record.count,
                                    .address = record.address,
                                    .rights = abi::RightsMask(record.rights),
                                    .kind = static_cast<abi::MemoryKind>(record.kind)});
        if (!done) {
            return refuse("a mapping", record.space, done.error());
        }
    }
    return true;
}

void Loader::fill(const image::FillRecord& record, uint64_t address) const {
    auto* target = reinterpret_cast<char*>(address + record.offset);
    switch (record.kind) {
    case image::FillKind::contents:
        std::memcpy(target, system_.contents().data() + record.value, record.length);
        return;
    case image::FillKind::device_tree:
    case image::FillKind::boot_info: {
        const bool tree = record.kind == image::FillKind::device_tree;
        const auto* from =
            tree ? reinterpret_cast<const char*>(info_.device_tree_address) : reinterpret_cast<const char*>(&info_);
        const uint64_t size = tree ? info_.device_tree_bytes : sizeof info_;
        const uint64_t start = std::min(record.value, size);
        std::memcpy(target, from + start, std::min(record.length, size - start));
        return;
    }
    case image::FillKind::device_base:
    case image::FillKind::device_start: {
        // The registers of a device need not begin a page.
        const auto subject = std::ranges::find(system_.placed(), record.subject, &image::PlacedRecord::object);
        const uint64_t base = devices_.address_of(*subject).value_or(0);
        const uint64_t value =
            record.kind == image::FillKind::device_base ? base : record.value + base % image::page_size;
        std::memcpy(target, &value, sizeof value);
        return;
    }
    case image::FillKind::device_models: {
        const auto subject = std::ranges::find(system_.placed(), record.subject, &image::PlacedRecord::object);
        const std::string_view models = devices_.models_of(*subject);
        const std::string_view rest = models.substr(std::min<uint64_t>(record.value, models.size()));
        std::memcpy(target, rest.data(), std::min<uint64_t>(rest.size(), record.length));
        return;
    }
    case image::FillKind::handed_over: return;  // hand_over() has written it
    }
}

bool Loader::fill_frames() {
    const auto fills = system_.fills();
    for (size_t first = 0; first < fills.size();) {
        // As many neighbouring frames as the window takes at once.
        const uint32_t first_frame = fills[first].frame;
        const unsigned size_bits = *system_.frame_size_bits(first_frame);
        const uint64_t capacity = Window::capacity(size_bits);
        size_t end = first;
        uint32_t last_frame = first_frame;
        while (end < fills.size() && fills[end].frame <= last_frame + 1 && fills[end].frame - first_frame < capacity &&
               system_.frame_size_bits(fills[end].frame) == size_bits) {
            last_frame = fills[end++].frame;
        }
        const uint64_t count = last_frame - first_frame + 1;
        const auto address = window_.open(slot_of(first_frame), count, size_bits);
        if (!address) {
            return refuse("filling", first_frame, address.error());
        }
        for (const image::FillRecord& record : fills.subspan(first, end - first)) {
            fill(record, *address + (uint64_t{record.frame - first_frame} << size_bits));
        }
        if (const auto closed = window_.close(slot_of(first_frame), count); !closed) {
            return refuse("filling", first_frame, closed.error());
        }
        for (const image::FillRecord& record : fills.subspan(first, end - first)) {
            if (record.executable == 0) {
                continue;
            }
            const auto made = to<sel::Frame>(record.frame)
                                  .maintain({.operation = abi::CacheOperation::make_executable,
                                             .offset = record.offset,
                                             .bytes = record.length});
            if (!made) {
                return refuse("instructions", record.frame, made.error());
            }
        }
        first = end;
    }
    return true;
}

}  // namespace capdl::loader
