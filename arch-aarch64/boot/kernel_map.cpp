// SPDX-License-Identifier: BSD-2-Clause
// The kernel's address space.
#include "boot/kernel_map.hpp"

namespace selene::boot {

size_t KernelView::table_bound() const {
    // At each end of a range a table of level 2 and one of level 3; between, entries of level 1. The image is one
    // range.
    constexpr size_t of_a_range = 4;
    const size_t ranges = memory.size() + devices.size() + 1;
    return 1 + of_a_range * ranges + kernel.whole().size / translation::entry_size(2);
}

std::optional<uint64_t> build_kernel_map(const KernelView& view, PagePool& pool) {
    const uint64_t root = pool.take();
    if (root == 0) return std::nullopt;
    TableWriter writer(root, pool);

    const auto show = [&](std::span<const PhysRange> ranges, uint64_t how) {
        return std::ranges::all_of(
            ranges, [&](PhysRange range) { return writer.map(view.window_base + range.base, range, how); });
    };
    const auto& attributes = view.attributes;
    const KernelParts& kernel = view.kernel;
    const uint64_t rodata = kernel.base + kernel.text.size;
    const uint64_t data = rodata + kernel.rodata.size;
    const bool built = show(view.memory, attributes.read_write) && show(view.devices, attributes.device) &&
                       writer.map(kernel.base, kernel.text, attributes.read_execute) &&
                       writer.map(rodata, kernel.rodata, attributes.read) &&
                       writer.map(data, kernel.data, attributes.read_write);
    return built ? std::optional(root) : std::nullopt;
}

}  // namespace selene::boot
