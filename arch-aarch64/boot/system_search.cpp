// SPDX-License-Identifier: BSD-2-Clause
// Reads the header of an image's system part.
#include "boot/system_search.hpp"

#include <cstring>

#include "abi/object_sizes.hpp"
#include "boot/range_list.hpp"
#include "image/system_part.hpp"

namespace selene::boot {
namespace {

constexpr uint64_t instruction_bytes = 4;
/// User space, but for its end: above the segments the kernel maps the device tree and pages of its own.
constexpr uint64_t user_end = (uint64_t{1} << 39) - (uint64_t{8} << 20);

std::unexpected<Refusal> refuse(const char* reason, uint64_t detail) {
    return std::unexpected(Refusal{reason, detail});
}

/// User addresses, as if they were physical.
PhysRange user_pages(const FirstTaskSegment& segment) {
    return pages_around(segment.address, segment.address + segment.memory_size);
}

std::expected<FirstTaskSegment, Refusal> read_segment(PhysRange pages, const capdl::Segment& segment) {
    const uint64_t address = segment.address;
    if (!is_aligned(address, page_bytes) || !is_aligned(segment.offset, page_bytes))
        return refuse("a segment of the first task is not aligned to pages", address);
    if (address == 0 || segment.memory_size > user_end || address > user_end - segment.memory_size)
        return refuse("a segment of the first task does not lie in user space", address);
    if (segment.file_size > segment.memory_size)
        return refuse("a segment of the first task has more contents than room", address);
    if (segment.offset > pages.size || segment.file_size > pages.size - segment.offset)
        return refuse("a segment of the first task lies outside the system part", address);
    const bool writable = (segment.flags & capdl::segment_write) != 0;
    const bool executable = (segment.flags & capdl::segment_execute) != 0;
    if (writable && executable) return refuse("a segment of the first task is writable and executable", address);
    if (!writable && segment.file_size != segment.memory_size)
        return refuse("a constant segment of the first task has no contents", address);
    const uint64_t start = pages.base + segment.offset;
    return FirstTaskSegment{
        .address = address,
        .contents = pages_around(start, start + segment.file_size),
        .file_size = segment.file_size,
        .memory_size = segment.memory_size,
        .writable = writable,
        .executable = executable,
    };
}

}  // namespace

std::expected<SystemPart, Refusal> read_system_part(PhysRange place) {
    if (!is_aligned(place.base, page_bytes)) return refuse("the system part does not begin a page", place.base);
    const auto& header = *reinterpret_cast<const capdl::SystemHeader*>(place.base);
    if (place.size < sizeof(header) || std::memcmp(header.magic, capdl::system_magic, sizeof(header.magic)) != 0)
        return refuse("there is no system part", place.base);
    if (header.version != capdl::system_version) return refuse("the system part is of another version", header.version);
    if (header.total_size > place.size || !is_aligned(header.total_size, page_bytes))
        return refuse("the system part is cut short", header.total_size);
    if (header.segment_count > BootDescription::maximum_segments)
        return refuse("the first task has too many segments", header.segment_count);
    if (!abi::is_valid_size(abi::ObjectType::cap_table, header.slots))
        return refuse("the first task asks for more slots than a table has", header.slots);

    SystemPart part{{place.base, header.total_size}, header.entry, header.slots, header.segment_count, {}};
    bool startable = false;
    for (uint32_t index = 0; index < part.segment_count; index++) {
        const auto segment = read_segment(part.pages, header.segments[index]);
        if (!segment) return std::unexpected(segment.error());
        for (uint32_t other = 0; other < index; other++) {
            if (overlap(user_pages(*segment), user_pages(part.segments[other])))
                return refuse("segments of the first task overlap", segment->address);
            // A constant one is mapped where it lies: its pages are one frame's each.
            if (overlap(segment->contents, part.segments[other].contents))
                return refuse("segments of the first task share pages", segment->address);
        }
        part.segments[index] = *segment;
        startable |= segment->executable != 0 && header.entry - segment->address < segment->file_size;
    }
    startable &= is_aligned(header.entry, instruction_bytes);
    if (!startable) return refuse("the first task does not start in code", header.entry);
    return part;
}

}  // namespace selene::boot
