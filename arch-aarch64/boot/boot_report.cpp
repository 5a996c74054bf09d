// SPDX-License-Identifier: BSD-2-Clause
// What the boot stage has to say.
#include "boot/boot_report.hpp"

namespace selene::boot {
namespace {

[[noreturn]] void halt() {
    while (true) asm volatile("wfi");
}

}  // namespace

constinit SerialLine report_line;

void refuse(Refusal refusal) {
    report_line.print("selene cannot boot: ", refusal.reason, " (", Hex(refusal.detail), ")\n");
    halt();
}

/// From the vector table, with what the registers say: the cause, the instruction, the address it accessed.
extern "C" [[noreturn]] void boot_exception(uint64_t syndrome, uint64_t instruction, uint64_t address) {
    report_line.print("selene cannot boot: exception ", Hex(syndrome), " at ", Hex(instruction), ", address ",
                      Hex(address), "\n");
    halt();
}

}  // namespace selene::boot
