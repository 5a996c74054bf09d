// SPDX-License-Identifier: BSD-2-Clause
// Reports of failed assertions and unexpected exceptions, in debug builds.
#include "panic.hpp"

#include <algorithm>
#include <cstddef>

#include "base/config.hpp"
#include "exception_level.hpp"
#include "machine.hpp"
#include "scheduling/core.hpp"
#include "serial_line.hpp"
#include "symbol_table.hpp"
#include "syndrome.hpp"
#include "thread_layout.hpp"

using namespace selene;

extern "C" {
extern const char kernel_base[];  // this and the following: kernel.ld
extern const uint32_t kernel_symbols[], kernel_symbols_end[];
}

namespace {

// Arm Architecture Reference Manual, "Special-purpose registers" and "Exception and fault handling registers".
SELENE_SYSTEM_REGISTER(ExceptionSyndrome, AT_LEVEL_TEXT(esr)){};
SELENE_SYSTEM_REGISTER(FaultAddress, AT_LEVEL_TEXT(far)){};
SELENE_SYSTEM_REGISTER(ExceptionLink, AT_LEVEL_TEXT(elr)){};
SELENE_SYSTEM_REGISTER(SavedState, AT_LEVEL_TEXT(spsr)){};

/// What `brk` carries where an assertion has failed.
constexpr uint64_t panic_mark = 0x5e1e;
/// The same where an invariant is broken.
constexpr uint64_t violation_mark = 0x5e1f;

struct ReportLine {
    SerialLine line;
};
[[maybe_unused]] constinit ReportLine report;

/// The registers as they were, and a stack to report on: the kernel's own may be what is wrong.
struct alignas(16) ReportArea {
    uint64_t x[31];
    uint64_t sp;
    std::byte stack[REPORT_AREA_SIZE - REPORT_SP - sizeof(sp)];
};
static_assert(offsetof(ReportArea, sp) == REPORT_SP && sizeof(ReportArea) == REPORT_AREA_SIZE);

struct Cause {
    uint64_t syndrome_class;
    const char* words;
};
constexpr Cause causes[] = {
    {syndrome::undefined_instruction, "undefined instruction"},
    {syndrome::floating_point, "floating-point instruction"},
    {syndrome::illegal_state, "illegal execution state"},
    {syndrome::system_call, "system call"},
    {syndrome::system_instruction, "trapped system instruction"},
    {syndrome::instruction_abort, "instruction abort at user level"},
    {syndrome::kernel_instruction_abort, "instruction abort in the kernel"},
    {syndrome::pc_alignment, "misaligned pc"},
    {syndrome::data_abort, "data abort at user level"},
    {syndrome::kernel_data_abort, "data abort in the kernel"},
    {syndrome::sp_alignment, "misaligned sp"},
    {syndrome::system_error, "system error"},
    {syndrome::breakpoint_instruction, "breakpoint instruction"},
};

constexpr const char* rows[] = {
    "synchronous, SP_EL0",  "IRQ, SP_EL0",  "FIQ, SP_EL0",  "SError, SP_EL0",
    "synchronous, kernel",  "IRQ, kernel",  "FIQ, kernel",  "SError, kernel",
    "synchronous, user",    "IRQ, user",    "FIQ, user",    "SError, user",
    "synchronous, AArch32", "IRQ, AArch32", "FIQ, AArch32", "SError, AArch32",
};

[[noreturn]] void halt() {
    for (;;) asm volatile("wfi");
}

template <class... Parts>
void print(Parts... parts) {
    report.line.print(parts...);
}

Hex whole(uint64_t value) { return {value, 16}; }

const char* words_of(uint64_t syndrome) {
    for (const Cause& cause : causes)
        if (cause.syndrome_class == syndrome::Class::of(syndrome)) return cause.words;
    return "another class";
}

/// An address as function+offset. `back` leads from an address to return to into the instruction that calls, which may be
/// the last one of its function.
void print_place(const char* title, uint64_t address, uint64_t back) {
    const SymbolTable table(reinterpret_cast<uint64_t>(kernel_base), {kernel_symbols, kernel_symbols_end});
    const auto place = table.find(address - back);
    if (place) {
        print(title, place->function, "+", Hex{place->offset + back}, " (", whole(address), ")\n");
    } else {
        print(title, whole(address), "\n");
    }
}

void print_registers(const ReportArea& area) {
    constexpr unsigned columns = 3;
    for (unsigned number = 0; number < std::size(area.x); number++) {
        print(number < 10 ? "   x" : "  x", number, " ", whole(area.x[number]), number % columns == 2 ? "\n" : "");
    }
    print("  sp ", whole(area.sp), "\n");
}

/// Last of a report, because it relies on the core's area.
void print_thread(uint64_t sp) {
    const Core& core = machine::this_core();
    own_core.assert_held();  // there is no way out any more
    const auto area = reinterpret_cast<uint64_t>(&core);
    if (area < machine::window_base) return;
    print("  core ", Hex{area});
    if (sp > area && sp <= area + Core::stack_top) {
        print(", current thread ", Hex{reinterpret_cast<uint64_t>(core.current)}, "\n");
    } else {
        print(", sp is not on its stack: off the stack it is the current thread\n");
    }
}

/// What `brk` has been given to say, if it was the kernel's own.
bool print_own_words(uint64_t syndrome, const ReportArea& area) {
    if (syndrome::Class::of(syndrome) != syndrome::breakpoint_instruction) return false;
    const auto* first = reinterpret_cast<const char*>(area.x[0]);
    const auto* second = reinterpret_cast<const char*>(area.x[1]);
    switch (syndrome::Immediate::of(syndrome)) {
    case panic_mark: print("\nselene: assertion failed: ", first, "\n  at ", second, ":", area.x[2], "\n"); return true;
    case violation_mark:
        print("\nselene: invariant broken: ", first, "\n  which says: ", second, "; see ", whole(area.x[2]), "\n");
        return true;
    default: return false;
    }
}

void print_report(uint64_t row, const ReportArea& area) {
    const uint64_t syndrome = ExceptionSyndrome::read();
    const bool interrupt = row % 4 == 1 || row % 4 == 2;  // the syndrome is that of an earlier exception
    if (interrupt) {
        print("\nselene: unexpected exception: ", rows[row], "\n");
    } else if (!print_own_words(syndrome, area)) {
        print("\nselene: unexpected exception: ", rows[row], ": ", words_of(syndrome), "\n");
    }
    print_place("  pc  ", ExceptionLink::read(), 0);
    print_place("  lr  ", area.x[30], 4);
    print("  esr ", Hex{syndrome}, "  far ", whole(FaultAddress::read()), "  pstate ", Hex{SavedState::read()}, "\n");
    print_registers(area);
    print_thread(area.sp);
}

}  // namespace

void selene::open_report_line(const SerialDescription& serial) {
    if constexpr (config::debug) {
        if (serial.kind != SerialKind::none) {
            report.line = SerialLine(
                serial.kind, reinterpret_cast<uintptr_t>(machine::window<void>(PhysAddr(serial.registers.base))));
        }
    }
}

void selene::report_cores(std::span<Core> others) {
    if constexpr (config::debug) {
        if (others.empty()) return;
        const auto answered = std::ranges::count_if(others, [](const Core& core) {
            return core.presence.load(std::memory_order_relaxed) == CorePresence::answered;
        });
        print("selene: ", static_cast<uint64_t>(answered), " of ", others.size(), " other cores answer\n");
    }
}

/// Stops where it was called, its arguments in x0 to x2 and all else as it was: the report is that of the exception.
void selene::machine::panic(const char* expression, const char* file, int line) {
    if constexpr (config::debug) {
        register const char* const x0 asm("x0") = expression;
        register const char* const x1 asm("x1") = file;
        register const int64_t x2 asm("x2") = line;
        asm volatile("brk %0" : : "i"(panic_mark), "r"(x0), "r"(x1), "r"(x2));
        __builtin_unreachable();
    }
    halt();
}

void selene::report_violation(const Violation& violation) {
    if constexpr (config::debug) {
        register const char* const x0 asm("x0") = violation.invariant;
        register const char* const x1 asm("x1") = violation.wrong;
        register const void* const x2 asm("x2") = violation.where;
        asm volatile("brk %0" : : "i"(violation_mark), "r"(x0), "r"(x1), "r"(x2));
        __builtin_unreachable();
    }
    halt();
}

extern "C" {

/// Where vectors.S saves the registers of an exception that must not happen.
constinit ReportArea selene_report_area{};

/// The end. A report that itself raises an exception is not begun again.
[[noreturn]] void selene_unexpected_exception(uint64_t row) {
    static constinit unsigned reports = 0;
    switch (reports++) {
    case 0: print_report(row, selene_report_area); break;
    case 1:
        print("\nselene: and another one in the report: ", words_of(ExceptionSyndrome::read()), "\n");
        print_place("  pc  ", ExceptionLink::read(), 0);
        print("  far ", whole(FaultAddress::read()), "\n");
        break;
    }
    halt();
}

}  // extern "C"
