// SPDX-License-Identifier: BSD-2-Clause
// The regime of a kernel at EL1: bringing it up.
#include "machine.hpp"
#include "user_controls.hpp"

#pragma clang section text = ".boot_text"

extern "C" {
/// The boot stage has turned the kernel's half of the address space on: what is missing is the stack, in x2.
[[noreturn, gnu::naked, gnu::section(".boot_text")]] void kernel_start(const selene::BootDescription*, uint64_t,
                                                                       uint64_t) {
    asm volatile("mov sp, x2\n\tb kernel_entry");
}
}

namespace selene::machine {
namespace {

/// Arm Architecture Reference Manual, "ID_AA64MMFR1_EL1, AArch64 Memory Model Feature Register 1".
SELENE_SYSTEM_REGISTER(LaterMemoryFeatures, "id_aa64mmfr1_el1") { using PrivilegedAccessNever = Field<23, 20>; };

/// Where the core knows how: the kernel cannot reach what user code can, but through its window. Each exception to EL1
/// turns it on.
void forbid_user_memory() {
    if (LaterMemoryFeatures::PrivilegedAccessNever::of(LaterMemoryFeatures::read()) == 0) return;
    SystemControl::write(SystemControl::read() & ~SystemControl::KeepPrivilegedAccess::mask);
    asm volatile(".arch_extension pan\n\tmsr pan, #1\n\tisb" : : : "memory");
}

}  // namespace

void regime::start() {
    fpu_off();
    write_user_controls();
    forbid_user_memory();
}

}  // namespace selene::machine
