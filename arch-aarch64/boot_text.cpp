// SPDX-License-Identifier: BSD-2-Clause
// Unmapping the boot code, in the tables that the boot stage has made.
#include "boot_text.hpp"

#include "machine.hpp"

namespace selene {

extern "C" {
extern const char __start_boot_text[], __stop_boot_text[];  // the linker's names for the section's limits
}

void unmap_boot_text() {
    using translation::entry_index;
    constexpr unsigned levels = 3;
    const auto next_table = [](uint64_t descriptor) {
        using Address = translation::descriptor::Address;
        return machine::window<uint64_t>(PhysAddr(Address::of(descriptor) * page_bytes));
    };
    const auto end = reinterpret_cast<uint64_t>(__stop_boot_text);
    for (auto address = reinterpret_cast<uint64_t>(__start_boot_text); address < end; address += page_bytes) {
        uint64_t* table = next_table(KernelRoot::read());
        for (unsigned level = 1; level < levels; ++level) table = next_table(table[entry_index(address, level)]);
        machine::write_entry(&table[entry_index(address, levels)], 0);
    }
    machine::regime::flush_kernel();
}

}  // namespace selene
