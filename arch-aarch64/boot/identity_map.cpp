// SPDX-License-Identifier: BSD-2-Clause
// The boot stage's own address space.
#include "boot/identity_map.hpp"

#include <algorithm>
#include <cstddef>

#include "boot/boot_report.hpp"
#include "boot/current_level.hpp"
#include "boot/device_tree.hpp"
#include "cache_geometry.hpp"
#include "translation.hpp"

namespace selene::boot {

extern "C" char boot_data_start[], boot_data_end[];  // boot.ld

namespace {

/// The root; two each for the image, the device tree and the workspace, since each may cross a boundary of 1 GiB; one
/// for the system part; two each for single pages and the kernel.
constexpr size_t table_count = 12;
alignas(page_bytes) constinit std::byte tables[table_count * page_bytes]{};

/// What was written so far went past the caches; drop what they may hold of the same memory.
void forget_cached_data() {
    const uint64_t line = CacheType::line_bytes(CacheType::read());
    const auto start = reinterpret_cast<uint64_t>(boot_data_start);
    const auto end = reinterpret_cast<uint64_t>(boot_data_end);
    for (uint64_t at = start; at < end; at += line) asm volatile("dc ivac, %0" : : "r"(at) : "memory");
    data_barrier();
}

constexpr uint64_t unused_bits = 64 - translation::address_bits;

uint64_t translation_control() {
    using Control = TranslationControl;
    const bool wide_asid = MemoryFeatures::AsidBits::of(MemoryFeatures::read()) == MemoryFeatures::asid_16_bits;
    return Control::LowerUnusedBits::make(unused_bits) | Control::LowerInnerCached::make(Control::write_back) |
           Control::LowerOuterCached::make(Control::write_back) |
           Control::LowerShareable::make(translation::descriptor::inner_shareable) |
           Control::UpperUnusedBits::make(unused_bits) | Control::UpperInnerCached::make(Control::write_back) |
           Control::UpperOuterCached::make(Control::write_back) |
           Control::UpperShareable::make(translation::descriptor::inner_shareable) |
           Control::UpperGranule::make(Control::upper_granule_4k) |
           Control::PhysicalSize::make(MemoryFeatures::usable_physical_size()) | Control::WideAsid::make(wide_asid);
}

uint64_t hypervisor_translation_control() {
    using Control = HypervisorTranslationControl;
    return Control::reserved_ones | Control::UnusedBits::make(unused_bits) |
           Control::InnerCached::make(TranslationControl::write_back) |
           Control::OuterCached::make(TranslationControl::write_back) |
           Control::Shareable::make(translation::descriptor::inner_shareable) |
           Control::PhysicalSize::make(MemoryFeatures::usable_physical_size());
}

void turn_on_at_el1(uint64_t root) {
    MemoryAttributes::write(translation::memory_attributes);
    TranslationControl::write(translation_control() | TranslationControl::UpperDisabled::make(1));
    LowerTable::write(root);
    instruction_barrier();
    asm volatile("tlbi vmalle1\n\tic iallu" : : : "memory");
    data_barrier();
    instruction_barrier();
    SystemControl::write(SystemControl::reserved_ones | SystemControl::translates_and_caches);
    instruction_barrier();
}

void turn_on_at_el2(uint64_t root) {
    HypervisorMemoryAttributes::write(translation::memory_attributes);
    HypervisorTranslationControl::write(hypervisor_translation_control());
    HypervisorTable::write(root);
    instruction_barrier();
    asm volatile("tlbi alle2\n\tic iallu" : : : "memory");
    data_barrier();
    instruction_barrier();
    HypervisorSystemControl::write(HypervisorSystemControl::reserved_ones | SystemControl::translates_and_caches);
    instruction_barrier();
}

}  // namespace

IdentityMap::IdentityMap()
    : pool_({reinterpret_cast<uint64_t>(tables), sizeof(tables)}),
      writer_(pool_.take(), pool_),
      next_page_(window_end) {}

void IdentityMap::include(PhysRange memory) {
    constexpr unsigned level = 2;
    constexpr uint64_t size = translation::entry_size(level);
    const uint64_t first = memory.base / size * size;
    const PhysRange blocks{first, round_up(memory.base + memory.size, size) - first};
    // Executable all of it: the boot stage lies somewhere in there, and nobody else runs.
    include(first, blocks, kernel_attributes().execute_all, level);
}

uintptr_t IdentityMap::include_page(uint64_t page, uint64_t attributes) {
    constexpr unsigned level = 3;
    const uint64_t at = next_page_;
    if (at == window_end + translation::entry_size(level - 1)) refuse({"there is too much to look at", page});
    next_page_ += page_bytes;
    include(at, {page, page_bytes}, attributes, level);
    return at;
}

void IdentityMap::include(uint64_t at, PhysRange range, uint64_t attributes, unsigned level) {
    if (!writer_.map(at, range, attributes, level)) refuse({"there is too much to look at", range.base});
    data_barrier();
    instruction_barrier();
}

void IdentityMap::include_kernel(const KernelParts& kernel) {
    if (current_level() == ExceptionLevel::el2) include(kernel.base, kernel.text, kernel_attributes().read_execute, 3);
}

void IdentityMap::turn_on() const {
    forget_cached_data();
    current_level() == ExceptionLevel::el2 ? turn_on_at_el2(writer_.root()) : turn_on_at_el1(writer_.root());
}

void IdentityMap::let_kernel_in(uint64_t root) const {
    data_barrier();
    if (current_level() == ExceptionLevel::el2) return;
    UpperTable::write(root);
    instruction_barrier();
    TranslationControl::write(translation_control());
    instruction_barrier();
}

}  // namespace selene::boot
