// SPDX-License-Identifier: BSD-2-Clause
// Writes images: the system image from a Plan, the system part around it, the whole behind the kernel.
#include "image/image_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>

#include "image/system_part.hpp"

namespace capdl {
namespace {

static_assert(std::endian::native == std::endian::little, "images are little-endian");

constexpr uint64_t workspace_alignment = 64;

constexpr uint64_t round_up(uint64_t value, uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

template <class Record>
void append(std::string& out, const Record& record) {
    out.append(reinterpret_cast<const char*>(&record), sizeof record);
}

// Collects the sections of a system image.
class Sections {
public:
    Sections() : bytes_(sizeof(image::Header), '\0') {}

    template <class Record>
    void add(image::SectionKind kind, const std::vector<Record>& records) {
        section(kind) = {bytes_.size(), records.size()};
        bytes_.append(reinterpret_cast<const char*>(records.data()), records.size() * sizeof(Record));
    }
    void add(image::SectionKind kind, std::string_view bytes) {
        section(kind) = {bytes_.size(), bytes.size()};
        bytes_ += bytes;
        bytes_.resize(round_up(bytes_.size(), 8));
    }
    std::string finish(image::Header header) {
        bytes_.resize(round_up(bytes_.size(), image::page_size));
        header.size = bytes_.size();
        std::ranges::copy(sections_, header.sections);
        std::memcpy(bytes_.data(), &header, sizeof header);
        header.checksum = image::checksum(bytes_.data() + image::checksum_begin, bytes_.size() - image::checksum_begin);
        std::memcpy(bytes_.data(), &header, sizeof header);
        return std::move(bytes_);
    }

private:
    image::Section& section(image::SectionKind kind) { return sections_[static_cast<size_t>(kind)]; }

    std::string bytes_;
    image::Section sections_[image::section_kinds]{};
};

uint64_t workspace_of(const Plan& plan) {
    return image::workspace_bytes_for(plan.placed.size(), plan.handovers.size());
}

uint64_t workspace_behind(const ElfSegment& segment) { return round_up(segment.end(), workspace_alignment); }

}  // namespace

uint64_t loader_slots(const Plan& plan) {
    return plan.objects.size() + plan.extra_count + workspace_of(plan) / sizeof(image::Piece) + image::loader_slots;
}

uint64_t loader_bytes(const ElfSegment& segment, const Plan& plan) {
    return segment.writable ? workspace_behind(segment) + workspace_of(plan) - segment.address : segment.memory_size;
}

std::string system_image(const Plan& plan, uint64_t workspace) {
    using enum image::SectionKind;
    Sections sections;
    sections.add(names, plan.names);
    sections.add(objects, plan.objects);
    sections.add(runs, plan.runs);
    sections.add(placed, plan.placed);
    sections.add(tables, plan.tables);
    sections.add(mappings, plan.mappings);
    sections.add(fills, plan.fills);
    sections.add(capabilities, plan.capabilities);
    sections.add(tasks, plan.tasks);
    sections.add(sched_contexts, plan.sched_contexts);
    sections.add(interrupts, plan.interrupts);
    sections.add(threads, plan.threads);
    sections.add(slots, plan.slots);
    sections.add(handovers, plan.handovers);
    sections.add(grants, plan.grants);
    sections.add(contents, plan.contents);
    return sections.finish({.magic = image::magic,
                            .checksum = 0,
                            .size = 0,
                            .version = image::version,
                            .section_count = image::section_kinds,
                            .extra_count = plan.extra_count,
                            .origins_table = plan.origins_table,
                            .mode = plan.mode,
                            .ticket = plan.ticket,
                            .workspace = workspace,
                            .workspace_bytes = workspace_of(plan),
                            .sections = {}});
}

std::expected<std::string, std::string> system_part(std::string_view loader, const Plan& plan) {
    const std::expected<ElfFile, std::string> file = ElfFile::parse(loader);
    if (!file) {
        return std::unexpected(file.error());
    }
    if (file->segments().size() + 1 > segment_limit) {
        return std::unexpected(
            fmt::format("it has {} segments, more than {}", file->segments().size(), segment_limit - 1));
    }
    if (file->segments().back().end() > image::address) {
        return std::unexpected(fmt::format("it reaches beyond {:#x}, where the system image goes", image::address));
    }
    SystemHeader header{};
    std::ranges::copy(system_magic, header.magic);
    header.version = system_version;
    header.entry = file->entry();
    header.slots = loader_slots(plan);

    std::string bytes(image::page_size, '\0');
    const auto add = [&](uint64_t address, std::string_view content, uint64_t memory_size, uint32_t flags) {
        const uint64_t file_size = (flags & segment_write) != 0 ? content.size() : memory_size;
        header.segments[header.segment_count++] = {.address = address,
                                                   .offset = bytes.size(),
                                                   .file_size = file_size,
                                                   .memory_size = memory_size,
                                                   .flags = flags,
                                                   .reserved = 0};
        const size_t begin = bytes.size();
        bytes += content;
        bytes.resize(round_up(begin + file_size, image::page_size));
    };
    uint64_t workspace = 0;
    for (const ElfSegment& segment : file->segments()) {
        if (segment.address % image::page_size != 0) {
            return std::unexpected(fmt::format("its segment at {:#x} does not begin a page", segment.address));
        }
        if (segment.writable && segment.executable) {
            return std::unexpected(
                fmt::format("its segment at {:#x} is both writable and executable", segment.address));
        }
        const uint32_t flags = (segment.readable ? segment_read : 0) | (segment.writable ? segment_write : 0) |
                               (segment.executable ? segment_execute : 0);
        const uint64_t memory_size = loader_bytes(segment, plan);
        if (segment.writable) {
            workspace = workspace_behind(segment);
            if (segment.address + memory_size > image::address) {
                return std::unexpected(
                    fmt::format("its tables reach beyond {:#x}, where the system image goes", image::address));
            }
        }
        add(segment.address, loader.substr(segment.file_offset, segment.file_size), memory_size, flags);
    }
    if (workspace == 0) {
        return std::unexpected("it has no variables");
    }
    const std::string image = system_image(plan, workspace);
    add(image::address, image, image.size(), segment_read);
    header.total_size = bytes.size();
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

std::expected<std::string, std::string> whole_image(std::string_view kernel, std::string_view system_part) {
    constexpr size_t size_offset = 16;
    constexpr size_t kernel_size_offset = 40;
    constexpr size_t magic_offset = 56;
    constexpr std::string_view magic = "ARM\x64";
    if (kernel.size() < 64 || kernel.substr(magic_offset, magic.size()) != magic) {
        return std::unexpected("it has no arm64 header");
    }
    if (kernel.size() % image::page_size != 0) {
        return std::unexpected(fmt::format("its size is not a multiple of {}", image::page_size));
    }
    std::string bytes(kernel);
    bytes += system_part;
    const uint64_t total = bytes.size();
    const uint64_t kernel_size = kernel.size();
    std::memcpy(bytes.data() + size_offset, &total, sizeof total);
    std::memcpy(bytes.data() + kernel_size_offset, &kernel_size, sizeof kernel_size);
    return bytes;
}

}  // namespace capdl
