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

void regime::start() {
    fpu_off();
    write_user_controls();
}

}  // namespace selene::machine
