// SPDX-License-Identifier: BSD-2-Clause
// What kernel and loader keep of a machine's memory, by the files that they come from.
#include "analysis/kept_memory.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>

#include "abi/kernel_trace.hpp"
#include "abi/object_sizes.hpp"
#include "boot/device_tree.hpp"
#include "image/image_writer.hpp"
#include "kernel_header.hpp"

namespace capdl {
namespace {

namespace abi = selene::abi;
using selene::KernelHeader;

constexpr uint64_t page = image::page_size;

constexpr uint64_t pages(uint64_t bytes) { return (bytes + page - 1) / page; }

struct Kernel {
    uint64_t bytes = 0;      ///< its image in memory
    uint64_t core_area = 0;  ///< for each core
    uint64_t trace = 0;      ///< what the debug kernel writes events to
};

// The kernels lie on whole pages of the kernel part, each with its header.
Kernel largest_kernel(std::string_view part) {
    Kernel result;
    for (size_t at = 0; at + KernelHeader::offset + sizeof(KernelHeader) <= part.size(); at += page) {
        uint64_t words[sizeof(KernelHeader) / sizeof(uint64_t)];
        std::memcpy(words, part.data() + at + KernelHeader::offset, sizeof words);
        const uint64_t magic = words[offsetof(KernelHeader, magic) / sizeof(uint64_t)];
        if (magic != KernelHeader::expected_magic && magic != KernelHeader::debug_magic) {
            continue;
        }
        const uint64_t bytes = words[offsetof(KernelHeader, end) / sizeof(uint64_t)] -
                               words[offsetof(KernelHeader, base) / sizeof(uint64_t)];
        uint32_t area = 0;
        std::memcpy(&area, part.data() + at + KernelHeader::offset + offsetof(KernelHeader, core_area_size),
                    sizeof area);
        if (bytes > result.bytes) {
            result = {bytes, area, magic == KernelHeader::debug_magic ? abi::KernelTrace::block_bytes : 0};
        }
    }
    return result;
}

// A table at each end of a range on two levels, and what lies between; devices are three ranges, the kernel one.
uint64_t kernel_tables(uint64_t memory_ranges, uint64_t kernel_bytes) {
    constexpr uint64_t of_a_range = 4;
    constexpr uint64_t other_ranges = 5;
    constexpr uint64_t large_page = uint64_t{1} << 21;
    return 1 + of_a_range * (memory_ranges + other_ranges) + kernel_bytes / large_page;
}

}  // namespace

std::expected<KeptMemory, std::string> kept_memory(std::string_view kernel, std::string_view loader, const Plan& plan,
                                                   uint64_t image, std::string_view tree, uint64_t memory_ranges,
                                                   uint64_t cores) {
    const Kernel one = largest_kernel(kernel);
    if (one.bytes == 0) {
        return std::unexpected(std::string("there is no kernel in the kernel part"));
    }
    const std::expected<ElfFile, std::string> file = ElfFile::parse(loader);
    if (!file) {
        return std::unexpected(fmt::format("this is no loader: {}", file.error()));
    }
    // The kernel's copy ends where the contents do; what follows is room that QEMU leaves.
    const uint64_t tree_pages = tree.empty() ? 0 : pages(selene::boot::used_tree_size(tree.data()));
    KeptMemory kept;
    kept.kernel =
        one.bytes + one.trace + cores * one.core_area + (tree_pages + kernel_tables(memory_ranges, one.bytes)) * page;

    // As the kernel makes the first task: a slot for each page that is mapped, a copy of what is written to.
    uint64_t in_place = 1;  // the head of the system part
    uint64_t fresh = 2;     // what the kernel tells, and the IPC buffer
    for (const ElfSegment& segment : file->segments()) {
        in_place += pages(segment.file_size);
        fresh += segment.writable ? pages(loader_bytes(segment, plan)) : 0;
    }
    constexpr uint64_t pages_of_a_table = 512;
    constexpr uint64_t other_tables = 6;  // the root, and those that regions of their own begin
    constexpr uint64_t other_objects = 2 * page;
    const uint64_t mapped = in_place + fresh + pages(image) + tree_pages;
    const uint64_t tables = other_tables + mapped / pages_of_a_table;
    const uint64_t slots = loader_slots(plan) + mapped + tables + image::loader_slots;
    kept.loader = pages(abi::object_bytes(abi::ObjectType::cap_table, slots)) * page + (in_place + fresh) * page +
                  tables * abi::object_bytes(abi::ObjectType::page_table, 0) + other_objects;
    return kept;
}

}  // namespace capdl
