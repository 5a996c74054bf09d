// SPDX-License-Identifier: BSD-2-Clause
// The trace's memory: taken, listed, described.
#include "boot/trace_block.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "abi/kernel_trace.hpp"
#include "cache_geometry.hpp"

#if SELENE_DEBUG

extern "C" {
#include <libfdt.h>
}

namespace selene::boot::trace_block {

namespace {

constexpr uint64_t block_bytes = abi::KernelTrace::block_bytes;

/// User level and the kernel access it past the caches.
void clean(PhysRange block) {
    const uint64_t line = CacheType::line_bytes(CacheType::read());
    for (uint64_t at = block.base; at < end_of(block); at += line) asm volatile("dc civac, %0" : : "r"(at) : "memory");
    data_barrier();
}

/// Writes a number of `cells` big-endian words; how many bytes that took.
size_t put_cells(std::byte* to, int cells, uint64_t number) {
    for (int cell = cells - 1; cell >= 0; --cell) {
        const uint32_t word = std::byteswap(static_cast<uint32_t>(number));
        std::memcpy(to + sizeof(word) * static_cast<unsigned>(cell), &word, sizeof(word));
        number >>= 32;
    }
    return sizeof(uint32_t) * static_cast<unsigned>(cells);
}

}  // namespace

std::optional<PhysRange> take(Survey& survey, IdentityMap& map) {
    const auto block = survey.empty.find(block_bytes, block_bytes);
    if (!block) return std::nullopt;
    Survey without = survey;
    if (!without.usable.remove(*block) || !without.window.remove(*block) || !without.empty.remove(*block))
        return std::nullopt;
    survey = without;
    map.include(*block);
    auto& trace = *reinterpret_cast<abi::KernelTrace*>(block->base);
    std::memset(&trace, 0, sizeof(trace));
    trace.magic = abi::KernelTrace::expected_magic;
    clean(*block);
    return block;
}

bool list(PhysRange block, BootDescription& description) {
    if (description.device_count == BootDescription::maximum_device_ranges) return false;
    PhysRange* const end = description.devices + description.device_count;
    PhysRange* const place = std::find_if(description.devices, end, [&](PhysRange r) { return r.base > block.base; });
    std::copy_backward(place, end, end + 1);
    *place = block;
    ++description.device_count;
    return true;
}

void describe(PhysRange block, void* tree, uint64_t size) {
    if (fdt_open_into(tree, tree, static_cast<int>(size)) != 0) return;
    const int address_cells = fdt_address_cells(tree, 0);
    const int size_cells = fdt_size_cells(tree, 0);
    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2) return;
    std::byte registers[4 * sizeof(uint32_t)];
    size_t length = put_cells(registers, address_cells, block.base);
    length += put_cells(registers + length, size_cells, block.size);
    const int node = fdt_add_subnode(tree, 0, "kernel-trace");
    if (node < 0) return;
    if (fdt_setprop_string(tree, node, "compatible", abi::KernelTrace::model) != 0 ||
        fdt_setprop(tree, node, "reg", registers, static_cast<int>(length)) != 0)
        (void)fdt_del_node(tree, node);
}

}  // namespace selene::boot::trace_block

#endif
