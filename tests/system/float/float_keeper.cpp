// SPDX-License-Identifier: BSD-2-Clause
// Fills the floating-point registers with a pattern, lets others run, and looks whether every register is as it was.
//
// From its specification:
//     seed   argument: a letter that the pattern depends on

#include <array>
#include <cstdint>

#include <checks.hpp>

#include <sel/clock.hpp>
#include <sel/environment.hpp>

namespace {

struct alignas(16) Registers {
    std::array<uint64_t, 64> vectors;  // v0 to v31
    uint64_t status;                   // fpsr
    uint64_t control;                  // fpcr
};

/// Loads all registers, yields `yields` times and spins for `ticks`, then stores all registers.
void keep(const Registers& before, Registers& after, uint64_t yields, uint64_t ticks) {
    register uint64_t from asm("x19") = reinterpret_cast<uint64_t>(&before);
    register uint64_t to asm("x20") = reinterpret_cast<uint64_t>(&after);
    register uint64_t left asm("x21") = yields;
    register uint64_t time asm("x22") = ticks;
    asm volatile(
        "    ldr x0, [x19, #512]\n"
        "    msr fpsr, x0\n"
        "    ldr x0, [x19, #520]\n"
        "    msr fpcr, x0\n"
        "    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30\n"
        "    ldr q\\n, [x19, #(\\n * 16)]\n"
        "    .endr\n"
        "    .irp n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31\n"
        "    ldr q\\n, [x19, #(\\n * 16)]\n"
        "    .endr\n"
        "1:  cbz x21, 2f\n"
        "    sub x21, x21, #1\n"
        "    svc #%[yield]\n"
        "    b 1b\n"
        "2:  mrs x0, cntvct_el0\n"
        "    add x22, x22, x0\n"
        "3:  mrs x0, cntvct_el0\n"
        "    cmp x0, x22\n"
        "    b.lo 3b\n"
        "    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    str q\\n, [x20, #(\\n * 16)]\n"
        "    .endr\n"
        "    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
        "    str q\\n, [x20, #(\\n * 16)]\n"
        "    .endr\n"
        "    mrs x0, fpsr\n"
        "    str x0, [x20, #512]\n"
        "    mrs x0, fpcr\n"
        "    str x0, [x20, #520]\n"
        "    msr fpcr, xzr\n"
        : "+r"(from), "+r"(to), "+r"(left), "+r"(time)
        : [yield] "i"(static_cast<unsigned>(sel::abi::SystemCall::yield))
        : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
          "x17", "x18", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14",
          "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",
          "v30", "v31", "cc", "memory");
}

Registers pattern(uint64_t seed) {
    constexpr uint64_t spread = 0x9e3779b97f4a7c15;
    constexpr uint64_t exception_flags = 0x1f;        // Arm Architecture Reference Manual, "FPSR"
    constexpr uint64_t rounding = uint64_t{3} << 22;  // the same, "FPCR", RMode
    Registers registers{};
    for (uint64_t& half : registers.vectors) {
        half = seed *= spread;
    }
    registers.status = seed >> 32 & exception_flags;
    registers.control = seed >> 32 & rounding;
    return registers;
}

}  // namespace

int main() {
    test::begin();
    const auto seed = sel::environment().argument("seed").value_or("?");
    sel::print("{}: starting\n", seed);
    constexpr int rounds = 40;
    for (int round = 0; round < rounds; ++round) {
        const Registers before = pattern(static_cast<uint64_t>(seed.front()) * rounds + round);
        Registers after{};
        // Longer than the component's time slice, so that others run in between.
        keep(before, after, round % 3, sel::Clock::ticks(std::chrono::milliseconds(round % 2 == 0 ? 3 : 0)));
        test::check(after.vectors == before.vectors, "the vector registers are as they were");
        test::check(after.status == before.status, "the status register is as it was");
        test::check(after.control == before.control, "the control register is as it was");
    }
    sel::print("{}: ", seed);
    test::summarize();
    return test::failures() == 0 ? 0 : 1;
}
