// SPDX-License-Identifier: BSD-2-Clause
// Checking an image before it is believed.
#include "system_view.hpp"

#include <algorithm>

#include <sel/handover_format.hpp>

#include "abi/object_sizes.hpp"

namespace capdl::loader {

bool SystemView::valid(uint64_t address, uint64_t bytes) {
    using namespace image;
    constexpr uint64_t record_bytes[section_kinds] = {
        1,
        sizeof(ObjectRecord),
        sizeof(RunRecord),
        sizeof(PlacedRecord),
        sizeof(TableRecord),
        sizeof(MappingRecord),
        sizeof(FillRecord),
        sizeof(CapabilityRecord),
        sizeof(TaskRecord),
        sizeof(SchedContextRecord),
        sizeof(InterruptRecord),
        sizeof(ThreadRecord),
        sizeof(SlotRecord),
        sizeof(HandoverRecord),
        sizeof(GrantRecord),
        1,
    };
    if (bytes < sizeof(Header)) {
        return false;
    }
    const auto* begin = reinterpret_cast<const char*>(address);
    const auto& header = *reinterpret_cast<const Header*>(address);
    if (header.magic != magic || header.version != version || header.section_count != section_kinds ||
        header.size < sizeof(Header) || header.size > bytes || header.size % alignof(Header) != 0 ||
        header.checksum != checksum(begin + checksum_begin, header.size - checksum_begin)) {
        return false;
    }
    for (uint32_t kind = 0; kind < section_kinds; ++kind) {
        const Section& section = header.sections[kind];
        if (section.offset % alignof(Header) != 0 || section.offset > header.size ||
            section.count > (header.size - section.offset) / record_bytes[kind]) {
            return false;
        }
    }
    const SystemView view(address);
    const auto names = view.records<char>(SectionKind::names);
    return (names.empty() || names.back() == '\0') &&
           std::ranges::all_of(view.fills(), [&](const FillRecord& fill) { return view.fits(fill); });
}

bool SystemView::fits(const image::FillRecord& fill) const {
    const auto inside = [&fill](uint64_t begin, uint64_t size) { return begin <= size && fill.length <= size - begin; };
    const std::optional<unsigned> bits = frame_size_bits(fill.frame);
    if (!bits || !inside(fill.offset, uint64_t{1} << *bits)) {
        return false;
    }
    switch (fill.kind) {
    case image::FillKind::contents: return inside(fill.value, contents().size());
    case image::FillKind::device_tree:
    case image::FillKind::boot_info: return true;
    case image::FillKind::device_base:
    case image::FillKind::device_start:
        return fill.length == sizeof(uint64_t) &&
               std::ranges::find(placed(), fill.subject, &image::PlacedRecord::object) != placed().end();
    case image::FillKind::device_models: {
        const auto subject = std::ranges::find(placed(), fill.subject, &image::PlacedRecord::object);
        return subject != placed().end() && subject->device != image::none;
    }
    case image::FillKind::line: return fill.length == sizeof(uint32_t);
    case image::FillKind::handed_over:
        return fill.length == sel::handed_over_bytes && fill.subject < handovers().size();
    }
    return false;
}

std::optional<unsigned> SystemView::frame_size_bits(uint32_t object) const {
    constexpr uint64_t largest = 30;
    const auto bits = [](uint32_t type, uint64_t size) {
        const bool is_frame = type == static_cast<uint32_t>(selene::abi::ObjectType::frame) && size <= largest;
        return is_frame ? std::optional(static_cast<unsigned>(size)) : std::nullopt;
    };
    // Runs are in the order of their objects' numbers.
    const auto next = std::ranges::upper_bound(runs(), object, {}, &image::RunRecord::first);
    if (next != runs().begin() && object - std::prev(next)->first < std::prev(next)->count) {
        return bits(std::prev(next)->type, std::prev(next)->size);
    }
    const auto place = std::ranges::find(placed(), object, &image::PlacedRecord::object);
    return place == placed().end() ? std::nullopt : bits(place->type, place->size);
}

}  // namespace capdl::loader
