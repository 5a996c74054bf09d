// SPDX-License-Identifier: BSD-2-Clause
// What the boot stage has to say.
#include "boot/boot_report.hpp"

#include "system_register.hpp"

namespace selene::boot {
namespace {

constinit std::optional<Refusal> suspected;

[[noreturn]] void halt() {
    while (true) asm volatile("wfi");
}

}  // namespace

constinit SerialLine report_line;

void refuse(Refusal refusal) {
    report_line.print("selene cannot boot: ", refusal.reason, " (", Hex(refusal.detail), ")\n");
    halt();
}

Suspicion::Suspicion(Refusal refusal) {
    suspected = refusal;
    data_barrier();
}

Suspicion::~Suspicion() {
    data_barrier();
    suspected.reset();
}

/// From the vector table, with what the registers say: the cause, the instruction, the address it accessed.
extern "C" [[noreturn]] void boot_exception(uint64_t syndrome, uint64_t instruction, uint64_t address) {
    if (suspected) refuse(*suspected);
    report_line.print("selene cannot boot: exception ", Hex(syndrome), " at ", Hex(instruction), ", address ",
                      Hex(address), "\n");
    halt();
}

}  // namespace selene::boot
