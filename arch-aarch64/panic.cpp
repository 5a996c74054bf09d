// SPDX-License-Identifier: BSD-2-Clause
// Reports of failed assertions and unexpected exceptions, in debug builds.
#include "panic.hpp"

#include "base/config.hpp"
#include "machine.hpp"
#include "serial_line.hpp"

using namespace selene;

namespace {

struct ReportLine {
    SerialLine line;
};
[[maybe_unused]] constinit ReportLine report;

[[noreturn]] void halt() {
    for (;;) asm volatile("wfi");
}

template <class... Parts>
void print(Parts... parts) {
    if constexpr (config::debug) report.line.print(parts...);
}

constexpr const char* rows[] = {
    "synchronous, SP_EL0",  "IRQ, SP_EL0",  "FIQ, SP_EL0",  "SError, SP_EL0",
    "synchronous, kernel",  "IRQ, kernel",  "FIQ, kernel",  "SError, kernel",
    "synchronous, user",    "IRQ, user",    "FIQ, user",    "SError, user",
    "synchronous, AArch32", "IRQ, AArch32", "FIQ, AArch32", "SError, AArch32",
};

}  // namespace

void selene::open_report_line(const SerialDescription& serial) {
    if constexpr (config::debug) {
        if (serial.kind != SerialKind::none) {
            report.line = SerialLine(
                serial.kind, reinterpret_cast<uintptr_t>(machine::window<void>(PhysAddr(serial.registers.base))));
        }
    }
}

void selene::machine::panic(const char* expression, const char* file, int line) {
    print("\nselene: assertion failed: ", expression, "\n  at ", file, ":", static_cast<uint64_t>(line), "\n");
    halt();
}

/// What an exception that must not happen has left in the registers.
extern "C" [[noreturn]] void selene_unexpected_exception(uint64_t row, uint64_t esr, uint64_t pc, uint64_t address,
                                                         uint64_t pstate, uint64_t sp, uint64_t frame, uint64_t link) {
    print("\nselene: unexpected exception: ", rows[row & 15], "\n  pc ", Hex{pc}, "  lr ", Hex{link}, "  sp ", Hex{sp},
          "  fp ", Hex{frame}, "\n  esr ", Hex{esr}, "  far ", Hex{address}, "  pstate ", Hex{pstate}, "\n");
    halt();
}
