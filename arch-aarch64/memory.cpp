// SPDX-License-Identifier: BSD-2-Clause
// Cache maintenance and address spaces: what need not be inlined.
#include "machine.hpp"

namespace selene::machine {

namespace {

/// Arm Architecture Reference Manual, "A64 System instructions for cache maintenance". Lines that lie in part in the
/// range count whole.
template <class Line>
void for_each_line(const void* from, uint64_t bytes, Line line) {
    const auto start = reinterpret_cast<uint64_t>(from);
    for (uint64_t address = start & ~(cache_line - 1); address < start + bytes; address += cache_line) line(address);
}

}  // namespace

void clean_invalidate(const void* from, uint64_t bytes) {
    for_each_line(from, bytes, [](uint64_t line) { asm volatile("dc civac, %0" : : "r"(line) : "memory"); });
    asm volatile("dsb sy" : : : "memory");
}

void maintain_cache(abi::CacheOperation operation, const void* from, uint64_t bytes) {
    switch (operation) {
    case abi::CacheOperation::clean:
        for_each_line(from, bytes, [](uint64_t line) { asm volatile("dc cvac, %0" : : "r"(line) : "memory"); });
        asm volatile("dsb sy" : : : "memory");
        break;
    case abi::CacheOperation::clean_invalidate: clean_invalidate(from, bytes); break;
    case abi::CacheOperation::make_executable:
        // Instructions are fetched from the point of unification: first what was written must be there, then what was
        // fetched must go.
        for_each_line(from, bytes, [](uint64_t line) { asm volatile("dc cvau, %0" : : "r"(line) : "memory"); });
        asm volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" : : : "memory");
        break;
    }
}

namespace {

/// A root without entries: what the core translates with while it runs no user code.
alignas(page_bytes) constinit uint64_t empty_root[translation::entry_count] = {};

}  // namespace

PhysAddr image_address(const void* in_image) {
    uint64_t result;
    asm volatile("at s1e" SELENE_TEXT_OF(SELENE_EL) "r, %1\n\tisb\n\tmrs %0, par_el1"
                 : "=r"(result)
                 : "r"(in_image)
                 : "memory");
    using TranslatedAddress = Field<47, 12>;
    const uint64_t offset = reinterpret_cast<uint64_t>(in_image) % page_bytes;
    return PhysAddr(TranslatedAddress::of(result) * page_bytes + offset);
}

void enter_empty_root(AddressTag tag) {
    set_space(root_value(image_address(empty_root), tag));
    instruction_barrier();
}

// The tag stays: under it nothing is fetched from an empty root, and QEMU, which forgets all translations when the tag
// changes, would hide a flush that is missing.
void leave_space() { enter_empty_root(AddressTag(static_cast<uint16_t>(RootTag::of(UserRoot::read())))); }

}  // namespace selene::machine
